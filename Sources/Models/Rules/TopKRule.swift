import Tensors

/// Only the largest weights of each row.
struct TopKRule: AttentionRule {
  private static let k = RuleParameter.whole("k", 8, help: "keys kept in each row")

  static let card = RuleCard(
    name: "top-k", title: "Top-k bottleneck",
    formula: "the k largest weights of each row (ties: the lowest key), divided by their sum",
    family: .mask, label: .oracle, evidence: .own,
    source: "Bengio 2017, The Consciousness Prior, for the idea", parameters: [k],
    kvFraction: "1 (which keys is known only after scoring all)")

  let k: Int

  init(_ spec: RuleSpec) { k = spec.whole(Self.k) }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let k = k
    return .weights { _, row in row.keepLargest(k) }
  }
}
