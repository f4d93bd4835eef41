import Tensors

/// Heads whose output depends most on a span count double.
struct VHRRule: AttentionRule {
  private static let span = RuleParameter.text(
    "span", "the span that is taken away to see who depends on it; the first one marked when empty")
  private static let alpha = RuleParameter.number(
    "alpha", 2, 0...100, "what chosen heads are scaled by")

  static let card = RuleCard(
    name: "vhr", title: "VHR: reinforced heads",
    formula:
      "A · alpha for heads whose output at the last token changes more than the layer's median"
      + " when the span is removed",
    family: .reweighting,
    label: .adapted(supplied: "a named span of tokens in place of the image"),
    evidence: .text, source: "He et al. 2024, arXiv 2412.13949",
    parameters: [span, alpha], needs: [.spans, .run], rows: .free("1, or alpha for chosen heads"))

  private let name: String
  private let alpha: Double
  private let chosen: Set<HeadIndex>?

  init(_ spec: RuleSpec) {
    name = spec.text(Self.span)
    alpha = spec.number(Self.alpha)
    chosen = nil
  }

  private init(_ rule: VHRRule, chosen: Set<HeadIndex>) {
    name = rule.name
    alpha = rule.alpha
    self.chosen = chosen
  }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    _ = try SpanChoice.chosen(name, in: spans, rule: Self.card.name)
  }

  func calibrated<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> any AttentionRule {
    let span = try SpanChoice.chosen(name, in: trace.prompt.spans, rule: Self.card.name).tokens
    guard trace.plan.embedding.patches == nil, trace.plan.embedding.frames == nil else {
      throw RuleError.tokensNeeded(rule: Self.card.name)
    }
    let rest = trace.prompt.tokens.indices.filter { !span.contains($0) }
    guard rest.last == trace.seq - 1 else {
      throw RuleError.badValue(
        rule: Self.card.name, parameter: Self.span.name, found: name,
        expected: "a span that ends before the last token, whose output is compared")
    }
    let without = try model.run(rest.map { trace.prompt.tokens[$0] }, inPlaceOf: trace)
    var chosen: Set<HeadIndex> = []
    for layer in 0..<trace.layers {
      let with = Self.lastOutputs(trace, layer)
      let text = Self.lastOutputs(without, layer)
      for head in Self.reinforced(
        zip(with, text).map { Self.norm(zip($0, $1).map(-)) }, textNorms: text.map(Self.norm))
      {
        chosen.insert(HeadIndex(layer: layer, head: head))
      }
    }
    return VHRRule(self, chosen: chosen)
  }

  /// The heads of one layer above the median once outliers are set to zero: those that change by more than
  /// mean + deviation and whose output without the span squared exceeds mean + deviation, too.
  static func reinforced(_ changes: [Double], textNorms: [Double]) -> [Int] {
    func limit(_ numbers: [Double]) -> Double {
      let mean = numbers.reduce(0, +) / Double(max(1, numbers.count))
      let square = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return mean + (square / Double(max(1, numbers.count))).squareRoot()
    }
    let squares = textNorms.map { $0 * $0 }
    let (high, highText) = (limit(changes), limit(squares))
    let kept = changes.indices.map {
      changes[$0] > high && squares[$0] > highText ? 0 : changes[$0]
    }
    let ordered = kept.sorted()
    guard let last = ordered.last else { return [] }
    let middle = ordered.count / 2
    let median =
      ordered.count.isMultiple(of: 2)
      ? (ordered[middle - 1] + ordered[middle]) / 2 : ordered[middle]
    // With one head, or equal ones, nobody is above the median.
    return last > median ? kept.indices.filter { kept[$0] > median } : []
  }

  private static func lastOutputs<Element: Scalar>(_ trace: Trace<Element>, _ layer: Int)
    -> [[Double]]
  {
    (0..<trace.plan.blocks[layer].attention.heads).map { head in
      Rows.doubles(trace.weightedValues(HeadIndex(layer: layer, head: head)), trace.seq - 1)
    }
  }

  private static func norm(_ numbers: [Double]) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard chosen?.contains(HeadIndex(layer: head.layer.layer, head: head.head)) ?? false else {
      return .unchanged
    }
    let alpha = alpha
    return .weights { _, row in for j in row.indices { row[j] *= alpha } }
  }
}
