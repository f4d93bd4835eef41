import Tensors

/// Sinks give weight to the tokens of an image, or of another span, that are none.
struct VARRule: AttentionRule {
  private static let span = RuleParameter.text(
    "span", "the image's span, or another; the first one marked when empty")
  private static let tau = RuleParameter.number(
    "tau", 20, 0...1e9, "a token is a sink when a sink dimension of its normed residual exceeds it")
  private static let rho = RuleParameter.number(
    "rho", 0.5, 0...1, "rows in which sinks hold more of the span than this stay")
  private static let summ = RuleParameter.number(
    "summ", 0.2, 0...1, "rows that give the span less than this stay")
  private static let p = RuleParameter.number("p", 0.6, 0...1, "what sinks are scaled by")
  private static let dims = RuleParameter.text(
    "dims",
    "sink dimensions, such as 2533+1415 for Llama-2-7B; the two largest of token 0 when empty")
  private static let sinks = RuleParameter.text(
    "sinks", "the sinks' positions instead of finding them, such as 0+2")

  static let card = RuleCard(
    name: "var", title: "VAR: visual attention redistribution",
    formula:
      "in rows after the span: weights on sinks · p, what they lose given to the span's other"
      + " keys in proportion; sinks: max over dims of |RMSnorm(residual)| > tau",
    family: .reweighting, label: .asPublished, evidence: .checked,
    source: "Kang et al. 2025; seilk/VisAttnSink logic.py (layers 2 to the last but one)",
    parameters: [span, tau, rho, summ, p, dims, sinks], needs: [.spans, .residual])

  private let name: String
  private let tau, rho, summ, p: Double
  private let dims, sinks: [Int]

  init(_ spec: RuleSpec) throws(RuleError) {
    name = spec.text(Self.span)
    tau = spec.number(Self.tau)
    rho = spec.number(Self.rho)
    summ = spec.number(Self.summ)
    p = spec.number(Self.p)
    dims = try spec.wholes(Self.dims)
    sinks = try spec.wholes(Self.sinks)
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
    let found = sinks.isEmpty ? detected(head.layer.residual) : sinks
    let inside = found.filter { span.contains($0) }
    let outside = found.filter { !span.contains($0) }
    var rule = HeadRule<K.Element>.unchanged
    if !inside.isEmpty { rule = redistribution(span, inside, outside) }
    rule.facts = [
      RuleFact("sinks in the span", inside.count), RuleFact("sinks elsewhere", outside.count),
    ]
    return rule
  }

  private func redistribution<Element>(
    _ span: Range<Int>, _ inside: [Int], _ outside: [Int]
  ) -> HeadRule<Element> {
    let (rho, summ, p) = (rho, summ, p)
    let others = Set(span).subtracting(inside).sorted()
    return .weights { query, row in
      guard query >= span.upperBound else { return }
      let total = span.reduce(0) { $0 + row[$1] }
      let held = inside.reduce(0) { $0 + row[$1] }
      // 1e-6 for each token of the span, as the authors' code has it.
      guard held / (total + 1e-6 * Double(span.count)) <= rho, total >= summ else { return }
      let elsewhere = outside.filter { $0 < row.count }
      let freed = (1 - p) * (held + elsewhere.reduce(0) { $0 + row[$1] })
      let rest = others.reduce(0) { $0 + row[$1] }
      guard rest > 0 else { return }
      for j in inside + elsewhere { row[j] *= p }
      for j in others { row[j] *= 1 + freed / rest }
    }
  }

  /// Tokens whose normed residual is large in a sink dimension.
  private func detected<Element: Scalar>(_ residual: Matrix<Element>) -> [Int] {
    func normed(_ row: Int) -> [Double] {
      let numbers = Rows.doubles(residual, row)
      let square = numbers.reduce(0) { $0 + $1 * $1 } / Double(max(1, numbers.count))
      return numbers.map { abs($0) / (square + 1e-6).squareRoot() }
    }
    let chosen = (dims.isEmpty ? normed(0).largest(2) : dims).filter { $0 < residual.columns }
    return (0..<residual.rows).filter { row in
      let numbers = normed(row)
      return chosen.contains { numbers[$0] > tau }
    }
  }
}
