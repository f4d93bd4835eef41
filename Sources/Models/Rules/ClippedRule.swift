import Tensors

/// Softmax stretched beyond 0 and 1 and clipped, so that a head can do nothing.
struct ClippedRule: AttentionRule {
  private static let gamma = RuleParameter.number(
    "gamma", -0.0234375, -100...0, "lower end; −12 / 512 as the OPT recipe has it")
  private static let eta = RuleParameter.number("eta", 1, 1...100, "upper end")

  static let card = RuleCard(
    name: "clipped", title: "Clipped softmax",
    formula: "clip((eta − gamma) · A + gamma, 0, 1), not divided by anything",
    family: .reweighting,
    label: .adapted(supplied: "applied to a model that was not trained with it"),
    evidence: .checked,
    source: "Bondarenko et al. 2023; Qualcomm-AI-research/outlier-free-transformers softmax.py",
    parameters: [gamma, eta], rows: .free("at most 1 while eta is 1"))

  let gamma, eta: Double

  init(_ spec: RuleSpec) {
    gamma = spec.number(Self.gamma)
    eta = spec.number(Self.eta)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let (gamma, eta) = (gamma, eta)
    return .weights { _, row in
      for j in row.indices { row[j] = min(max((eta - gamma) * row[j] + gamma, 0), 1) }
    }
  }
}
