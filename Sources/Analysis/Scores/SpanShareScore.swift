import Tensors

/// How much of a head's attention goes to a named part of the prompt, by the queries that can see any of it:
/// a document, an image, a topic.
enum SpanShareScore: NamedSpanScore {
  static let name = "span-share"
  static let title = "Share on a span"
  static let formula = "mean over queries from the span's first key on of Σ A on the span"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "heed"
  static let evidence = Evidence.text
  static let needs: Set<ScoreNeed> = [.maps]

  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, part span: Int
  ) throws -> HeadTable {
    try mapped(input) { map in
      let first = map.frame.spans[span].tokens.lowerBound
      let shares = map.onSpans[span].dropFirst(map.frame.isCausal ? first : 0)
      return Statistics.mean(shares)
    }
  }
}
