import Tensors

/// Of a span, every later row keeps only what LSceneLLM would magnify.
struct LSceneLLMRule: AttentionRule {
  private static let span = RuleParameter.text(
    "span", "the scene's span; the first one marked when empty")
  private static let threshold = RuleParameter.number(
    "threshold", 96.0 / 255, 0...1, "after min–max over the span, what is not above it is dropped")

  static let card = RuleCard(
    name: "lscenellm", title: "LSceneLLM: selected tokens of a span",
    formula:
      "rows after the span: its keys whose summed weight over heads, min–max scaled, exceeds the"
      + " threshold, and all keys outside it, divided by their sum",
    family: .reweighting,
    label: .adapted(supplied: "what is not selected is dropped; there are no finer tokens to open"),
    evidence: .code,
    source: "Zhi et al. 2024; Hoyyyaard/LSceneLLM modeling_llama.py (layers 8 and up)",
    parameters: [span, threshold], needs: [.spans, .layer], scope: .layer)

  private let name: String
  private let threshold: Double

  init(_ spec: RuleSpec) {
    name = spec.text(Self.span)
    threshold = spec.number(Self.threshold)
  }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    _ = try SpanChoice.chosen(name, in: spans, rule: Self.card.name)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard let span = head.span(name) else { return .unchanged }
    let selected = head.layer.memo.value("lscenellm \(name) \(threshold)") {
      self.selected(span, head)
    }
    var rule = HeadRule<K.Element>.weights { query, row in
      guard query >= span.upperBound else { return }
      let chosen = selected[query - span.upperBound]
      row.keep(Array(0..<span.lowerBound) + chosen + Array(span.upperBound..<row.count))
    }
    rule.facts = [
      RuleFact("span tokens the last row keeps", selected.last?.count ?? span.count)
    ]
    return rule
  }

  /// For each row after the span, the keys of it that are selected.
  private func selected<K: Kernels>(_ span: Range<Int>, _ head: RuleHead<K>) -> [[Int]] {
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: span.count),
      count: max(0, head.seq - span.upperBound))
    for index in 0..<head.plan.heads {
      head.other(index).forEachRow { query, row in
        guard query >= span.upperBound else { return }
        for (place, key) in span.enumerated() { sums[query - span.upperBound][place] += row[key] }
      }
    }
    return sums.map { row in
      guard let low = row.min(), let high = row.max(), high > low else { return Array(span) }
      return span.filter { (row[$0 - span.lowerBound] - low) / (high - low) > threshold }
    }
  }
}
