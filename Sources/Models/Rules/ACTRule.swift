import Tensors

/// Sinks other than the first lose weight to the keys that are none.
struct ACTRule: AttentionRule {
  private static let beta = RuleParameter.number("beta", 0.4, 0...1, "what sinks are scaled by")
  private static let threshold = RuleParameter.number(
    "threshold", 0.1, 0...1, "a key that receives more than this on average is a sink")
  private static let alpha = RuleParameter.number(
    "alpha", 0, 0...1e6, "when above 0, the threshold is alpha / n; 5 suits short prompts")

  static let card = RuleCard(
    name: "act", title: "ACT: attention calibration",
    formula: "weights on sinks · beta, what they lose given to the other keys in proportion; sinks:"
      + " mean of A over the queries that see the key > threshold, without the first one found",
    family: .reweighting, label: .asPublished, evidence: .checked,
    source: "Yu et al. 2024; GATECH-EIC/ACT llama_modelling_aug.py (layers 2 and up, listed heads)",
    parameters: [beta, threshold, alpha])

  let beta, threshold, alpha: Double

  init(_ spec: RuleSpec) {
    beta = spec.number(Self.beta)
    threshold = spec.number(Self.threshold)
    alpha = spec.number(Self.alpha)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let (beta, sinks) = (beta, sinks(head))
    var isSink = [Bool](repeating: false, count: head.keyCount)
    for sink in sinks { isSink[sink] = true }
    let flags = isSink
    var rule = HeadRule<K.Element>.weights { query, row in
      let freed = sinks.reduce(0) { $0 + ($1 < row.count ? row[$1] : 0) }
      let rest = row.reduce(0, +) - freed
      if query == 0, row[0] > 0 {
        row.update(repeating: 0)
        row[0] = 1
      } else if rest > 0 {
        let factor = 1 + freed * (1 - beta) / rest
        for j in row.indices { row[j] *= flags[j] ? beta : factor }
      }
    }
    rule.facts = [RuleFact("sinks calibrated", sinks.count)]
    return rule
  }

  /// The keys above the threshold without the first one.
  private func sinks<K: Kernels>(_ head: RuleHead<K>) -> [Int] {
    var received = [Double](repeating: 0, count: head.keyCount)
    var viewers = [Int](repeating: 0, count: head.keyCount)
    head.forEachRow { query, row in
      for j in row.indices { received[j] += row[j] }
      for j in head.visible(query) { viewers[j] += 1 }
    }
    let limit = alpha > 0 ? alpha / Double(head.keyCount) : threshold
    let all = received.indices.filter { received[$0] / Double(max(1, viewers[$0])) > limit }
    return Array(all.dropFirst())
  }
}
