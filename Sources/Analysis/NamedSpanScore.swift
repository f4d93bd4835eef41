import Models
import Tensors

/// A score of named parts of the prompt: one table for each.
public protocol NamedSpanScore: HeadScore {
  /// What there is a table of, each of the spans unless a score says otherwise; nil for one without a table.
  static func parts(_ spans: [PromptSpan]) -> [String?]

  /// The scores of all heads for one of the parts.
  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, part: Int
  ) throws -> HeadTable
}

extension NamedSpanScore {
  /// Each span.
  public static func parts(_ spans: [PromptSpan]) -> [String?] { spans.map(\.name) }

  /// Of the first part; `HeadScores.results` gives all.
  public static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try table(input, part: 0)
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
