import Tensors

/// Sharper or flatter rows.
struct TemperatureRule: AttentionRule {
  private static let tau = RuleParameter.number(
    "tau", 2, 1e-3...1e6, "scores are divided by it: above 1 is flatter, below sharper")

  static let card = RuleCard(
    name: "temperature", title: "Temperature", formula: "softmax(scores / tau)",
    family: .reweighting, label: .plain, evidence: .own, source: "–", parameters: [tau])

  let tau: Double

  init(_ spec: RuleSpec) { tau = spec.number(Self.tau) }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let tau = tau
    return .scores { _, row in for j in row.indices { row[j] /= tau } }
  }
}
