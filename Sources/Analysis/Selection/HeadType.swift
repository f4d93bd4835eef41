import Models

/// What a head is called by what it does: a score from a threshold on.
///
/// The thresholds are conventions, each with its source; a head may have several types or none.
public struct HeadType: Sendable, Hashable {
  /// A word or two, such as `induction`.
  public let name: String
  /// The score that decides, by its name.
  public let score: String
  /// From which value on.
  public let threshold: Double
  /// Where the threshold comes from.
  public let source: String

  /// All types, those that say most about a head first.
  public static let all: [HeadType] = [
    HeadType(
      name: "induction", score: "induction", threshold: 0.4,
      source: "TransformerLens' notebooks call heads above 0.4 of the diagonal induction heads"),
    HeadType(
      name: "duplicate-token", score: "duplicate", threshold: 0.4, source: "as for induction"),
    HeadType(
      name: "previous-token", score: "previous", threshold: 0.5,
      source: "Clark et al. 2019: more than half on the previous token"),
    HeadType(
      name: "next-token", score: "next", threshold: 0.5,
      source: "Clark et al. 2019: more than half on the next token"),
    HeadType(
      name: "self", score: "self", threshold: 0.5, source: "as for the previous token"),
    HeadType(
      name: "retrieval", score: "retrieval", threshold: 0.1,
      source: "Wu et al. 2024: a score of 0.1"),
    HeadType(
      name: "successor", score: "successor", threshold: 0.4,
      source: "circuits-over-time: candidates from 0.4 on"),
    HeadType(
      name: "copying", score: "copying-mlp0", threshold: 0.9,
      source: "heed: near 1 as GPT-2's name movers are"),
    HeadType(
      name: "sink", score: "sink", threshold: 0.3, source: "Gu et al. 2024: ε = 0.3"),
    HeadType(
      name: "broad", score: "entropy-relative", threshold: 0.9, source: "heed: nearly uniform"),
  ]

  /// The types of one head.
  ///
  /// - Parameter value: The head's score of a name; nil or `.nan` where it is not known.
  public static func types(_ value: (_ score: String) -> Double?) -> [HeadType] {
    all.filter { type in (value(type.score) ?? .nan) >= type.threshold }
  }
}
