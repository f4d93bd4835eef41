import Synchronization
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
    let tiles = stride(from: span.upperBound, to: head.seq, by: 128).map {
      $0..<min(head.seq, $0 + 128)
    }
    let found = Mutex([[[Int]]](repeating: [], count: tiles.count))
    Parallel.forEach(tiles.count) { index in
      var sums = Tensor<K.Element>(repeating: 0, shape: [tiles[index].count, span.count])
      let target = sums.mutableMatrix()
      for other in 0..<head.plan.heads {
        K.add(
          head.other(other).weights(tiles[index]).matrix.columns(span), scale: 1, to: target)
      }
      let rows = (0..<target.rows).map { choice(Rows.doubles(target.matrix, $0), of: span) }
      found.withLock { $0[index] = rows }
    }
    return found.withLock { $0.flatMap { $0 } }
  }

  /// The keys whose weight, min–max scaled, is above the threshold; all where all weights are equal.
  private func choice(_ weights: [Double], of span: Range<Int>) -> [Int] {
    guard let low = weights.min(), let high = weights.max(), high > low else { return Array(span) }
    return span.filter { (weights[$0 - span.lowerBound] - low) / (high - low) > threshold }
  }
}
