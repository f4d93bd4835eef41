import Tensors

/// Whether a head forgets a named part of the prompt as the text goes on: attention degeneration.
///
/// The slope of the share that each query after the span gives it, by token; negative when it fades.
///
/// Source: after Fu et al. 2023, "Decoder-Only or Encoder-Decoder?" [R].
enum SpanSlopeScore: NamedSpanScore {
  static let name = "span-slope"
  static let title = "Slope of a span's share"
  static let formula = "least-squares slope of Σ A[query, ·] on the span over the queries after it"
  static let unit = "share per token"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Fu et al. 2023"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.maps]

  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, part span: Int
  ) throws -> HeadTable {
    try mapped(input) { map in
      let end = map.frame.spans[span].tokens.upperBound
      return Statistics.slope(Array(map.onSpans[span].dropFirst(end)))
    }
  }
}
