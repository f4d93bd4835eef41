import Models

/// One score of every head, and why some have none.
public struct ScoreResult: Sendable {
  /// Which score.
  public let score: any HeadScore.Type
  /// The score's name; of a score of spans with the span, such as `span-share:topic`.
  public let name: String
  /// `[layer, head]`; `.nan` where it is undefined.
  public let table: HeadTable
  /// Why no head has the score; nil when some have.
  public let reason: String?
  /// Why single heads have none.
  public let undefined: [HeadIndex: String]

  /// A score's table.
  ///
  /// - Parameter part: Which part of the prompt it is of; nil for all of it.
  public init(
    score: any HeadScore.Type, part: String? = nil, table: HeadTable, reason: String? = nil,
    undefined: [HeadIndex: String] = [:]
  ) {
    self.score = score
    name = score.name + (part.map { ":\($0)" } ?? "")
    self.table = table
    self.reason = reason
    self.undefined = undefined
  }
}
