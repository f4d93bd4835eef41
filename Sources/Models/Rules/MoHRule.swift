import Tensors

/// For every token only some of the heads count.
struct MoHRule: AttentionRule {
  private static let shared = RuleParameter.number(
    "shared", 0.5, 0...1, "share of heads that always count")
  private static let routed = RuleParameter.number(
    "routed", 0.25, 0...1, "share of all heads chosen among the rest for each token")
  private static let by = RuleParameter.choice(
    "by", ["order", "norm"],
    "which heads are shared: the first ones, as published, or those with the largest mean norm (ours)"
  )

  static let card = RuleCard(
    name: "moh", title: "MoH: mixture of heads",
    formula:
      "A · 1 for shared heads and for the ⌊routed · H⌋ others with the largest ‖q‖ at a token,"
      + " A · 0 for the rest",
    family: .reweighting,
    label: .adapted(
      supplied: "the gate without parameters of MoH-LLaMA3 on a model not tuned with it"),
    evidence: .checked, source: "Jin et al. 2024; SkyworkAI/MoH modeling_llama.py",
    parameters: [shared, routed, by], needs: [.layer], rows: .oneOrZero, scope: .layer)

  let shared, routed: Double
  let byNorm: Bool

  init(_ spec: RuleSpec) {
    shared = spec.number(Self.shared)
    routed = spec.number(Self.routed)
    byNorm = spec.text(Self.by) == "norm"
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let gates = head.layer.memo.value("moh \(shared) \(routed) \(byNorm)") {
      self.gates(norms: head.layer.queryNorms)
    }
    let own = gates.map { $0[head.head] }
    var rule = HeadRule<K.Element>.weights { query, row in
      if !own[query] { row.update(repeating: 0) }
    }
    rule.facts = [RuleFact("tokens at which the head counts", own.filter { $0 }.count)]
    return rule
  }

  /// Which heads count, `[token][head]`.
  ///
  /// - Parameter norms: ‖q‖, `[token][head]`; rotation keeps it.
  func gates(norms: [[Double]]) -> [[Bool]] {
    let heads = norms.first?.count ?? 0
    let count = Int(shared * Double(heads))
    let means = (0..<heads).map { head in norms.reduce(0) { $0 + $1[head] } }
    let always = Set(byNorm ? means.largest(count) : Array(0..<count))
    let rest = (0..<heads).filter { !always.contains($0) }
    let chosen = min(rest.count, Int(routed * Double(heads)))
    return norms.map { row in
      let picked = rest.map { row[$0] }.largest(chosen).map { rest[$0] }
      return (0..<heads).map { always.contains($0) || picked.contains($0) }
    }
  }
}
