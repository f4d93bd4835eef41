import Models
import Tensors

/// A score of named parts of the prompt: one table for each.
public protocol NamedSpanScore: HeadScore {
  /// The scores of all heads for one of `input.spans`.
  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, span: Int
  ) throws -> HeadTable
}

extension NamedSpanScore {
  /// Of the first span; `HeadScores.results` gives all.
  public static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try table(input, span: 0)
  }

  /// No part of the prompt was named.
  public static func obstacle(_ facts: ScoreFacts) -> String? { facts.needsSpan }
}

extension HeadScore {
  /// What `value` makes of every head's statistics, `.nan` where a map holds NaN.
  static func mapped<Element: Scalar>(
    _ input: ScoreInput<Element>, _ value: @Sendable (MapStatistics) -> Double
  ) throws -> HeadTable {
    HeadTable(
      rows: try MapStatistics.reduce(
        input.trace(), onProgress: input.onProgress
      ) { _, map in map.brokenRows > 0 ? .nan : value(map) })
  }
}
