import Tensors

/// A span is read as if it stood somewhere else.
struct RepositionRule: AttentionRule {
  private static let span = RuleParameter.text(
    "span", "the span that moves; the first one marked when empty")
  private static let to = RuleParameter.whole(
    "to", 0, 0...(1 << 30), "the position at which its first token is read")

  static let card = RuleCard(
    name: "reposition", title: "A span's keys at other positions",
    formula:
      "softmax with the span's keys rotated as if its first token stood at `to`; the same keys are"
      + " visible as before",
    family: .repositioning, label: .plain, evidence: .own,
    source: "after IR-Diffusion's reposition (He et al. 2024), for rotary text",
    parameters: [span, to],
    needs: [.spans, .unrotated, .causal])

  private let name: String
  private let to: Int

  init(_ spec: RuleSpec) {
    name = spec.text(Self.span)
    to = spec.whole(Self.to)
  }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    _ = try SpanChoice.chosen(name, in: spans, rule: Self.card.name)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard let span = head.span(name) else { return .unchanged }
    let moved = head.turned(
      head.keys.rows(span), by: Array(repeating: to - span.lowerBound, count: span.count))
    return .map { rows in
      let width = head.width(rows)
      var tile = head.scores(rows, keys: 0..<width)
      let seen = span.clamped(to: 0..<width)
      if !seen.isEmpty {
        let queries = head.queries.rows(rows).copied
        tile.mutableMatrix().columns(seen).copy(
          from: head.scores(of: queries, keys: moved.matrix.rows(0..<seen.count)).matrix)
      }
      head.softmax(tile.mutableMatrix(), rows: rows, keys: [0..<width], mask: nil)
      return tile
    }
  }
}
