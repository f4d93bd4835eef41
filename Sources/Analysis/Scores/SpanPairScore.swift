import Models
import Tensors

/// How much of the attention from one named part of the prompt goes to another, or to itself: of two texts A→A,
/// A→B, B→A and B→B.
enum SpanPairScore: NamedSpanScore {
  static let name = "span-pair"
  static let title = "Share from span to span"
  static let formula = "mean over the first span's queries of Σ A on the second"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "heed"
  static let evidence = Evidence.text
  static let needs: Set<ScoreNeed> = [.maps]

  /// Every pair, such as `A->B`, in the order in which the spans are named.
  static func parts(_ spans: [PromptSpan]) -> [String?] {
    let names = names(spans)
    return names.flatMap { from in names.map { "\(from)->\($0)" } }
  }

  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, part: Int
  ) throws -> HeadTable {
    let names = names(input.spans)
    let (from, to) = (names[part / names.count], names[part % names.count])
    let queries = Set(input.spans.filter { $0.name == from }.flatMap(\.tokens)).sorted()
    let keys = input.spans.indices.filter { input.spans[$0].name == to }
    return try mapped(input) { map in
      Statistics.mean(
        queries.map { query in keys.reduce(0) { $0 + map.onSpans[$1][query] } })
    }
  }

  private static func names(_ spans: [PromptSpan]) -> [String] {
    spans.map(\.name).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
