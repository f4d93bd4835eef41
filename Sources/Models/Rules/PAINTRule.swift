import Tensors

/// Scores of a span are raised before softmax.
struct PAINTRule: AttentionRule {
  private static let span = RuleParameter.text(
    "span", "the span to raise; the first one marked when empty")
  private static let alpha = RuleParameter.number(
    "alpha", 0.9, -10...100, "share of a score's magnitude that is added; 0.7 in another recipe")
  private static let rows = RuleParameter.choice(
    "rows", ["last", "all"], "the last query only, or every one")

  static let card = RuleCard(
    name: "paint", title: "PAINT: a span's scores raised",
    formula: "score + alpha · |score| for the span's keys, in the last row",
    family: .reweighting,
    label: .adapted(
      supplied: "the whole span counts as local tokens, since the vision tower's choice is not made"
    ),
    evidence: .code, source: "Arif et al. 2025; hasanar1f/PAINT attention.py",
    parameters: [span, alpha, rows], needs: [.spans])

  private let name: String
  private let alpha: Double
  private let onlyLast: Bool

  init(_ spec: RuleSpec) {
    name = spec.text(Self.span)
    alpha = spec.number(Self.alpha)
    onlyLast = spec.text(Self.rows) == "last"
  }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    _ = try SpanChoice.chosen(name, in: spans, rule: Self.card.name)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard
      let span = head.span(name)
    else { return .unchanged }
    let (alpha, first) = (alpha, onlyLast ? head.seq - 1 : 0)
    return .scores { query, row in
      guard query >= first else { return }
      for j in span.clamped(to: row.indices) where row[j].isFinite { row[j] += alpha * abs(row[j]) }
    }
  }
}
