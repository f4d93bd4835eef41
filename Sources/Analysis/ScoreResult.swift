import Models

/// One score of every head, and why some have none.
public struct ScoreResult: Sendable {
  /// Which score.
  public let score: any HeadScore.Type
  /// `[layer, head]`; `.nan` where it is undefined.
  public let table: HeadTable
  /// Why no head has the score; nil when some have.
  public let reason: String?
  /// Why single heads have none.
  public let undefined: [HeadIndex: String]

  /// A score's table.
  public init(
    score: any HeadScore.Type, table: HeadTable, reason: String? = nil,
    undefined: [HeadIndex: String] = [:]
  ) {
    self.score = score
    self.table = table
    self.reason = reason
    self.undefined = undefined
  }
}
