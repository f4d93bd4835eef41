import Tensors

/// How much of the last query's attention goes to a named part of the prompt, such as the topic of a fact or
/// the operands of a sum.
///
/// Source: after Lv et al. 2024 on factual recall and Zhang et al. 2024 on arithmetic [R].
enum SpanLastScore: NamedSpanScore {
  static let name = "span-last"
  static let title = "Last query's share on a span"
  static let formula = "Σ A[last query, ·] on the span"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Lv et al. 2024; Zhang et al. 2024"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.maps]

  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, part span: Int
  ) throws -> HeadTable {
    try mapped(input) { $0.onSpans[span].last ?? .nan }
  }
}
