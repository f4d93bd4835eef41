import Tensors

/// A full step now and then; between them only the keys that mattered at the last one, and the new ones.
struct RecycledRule: AttentionRule {
  private static let stride = RuleParameter.whole("stride", 10, help: "every so many steps is full")
  private static let k = RuleParameter.whole(
    "k", 0, 0...(1 << 30), "keys kept from a full step; an eighth of the prompt when 0")
  private static let pool = RuleParameter.whole(
    "pool", 7, help: "weights are max-pooled over so many keys before the choice")
  private static let schedule = RuleParameter.choice(
    "schedule", ["static", "dynamic"],
    "full at fixed steps, or when the queries have turned away")
  private static let check = RuleParameter.whole(
    "check", 5, help: "dynamic: every so many steps the queries are compared")
  private static let tau = RuleParameter.number(
    "tau", 0.85, -1...1, "dynamic: a cosine below this makes the step full")

  static let card = RuleCard(
    name: "recycled", title: "Recycled Attention",
    formula: "row t: the top k keys of the last full row and every key since, divided by their sum",
    family: .reweighting, label: .asPublished, evidence: .text,
    source:
      "Xu et al. 2024 (later RefreshKV); copy of the paper in Min-DongYoung/refreshkv_implementation",
    parameters: [stride, k, pool, schedule, check, tau], needs: [.causal, .layer], scope: .kvHead,
    kvFraction: "1 (the cache is kept whole; k + steps since are read)")

  let stride, k, pool, check: Int
  let tau: Double
  let isDynamic: Bool

  init(_ spec: RuleSpec) {
    stride = spec.whole(Self.stride)
    k = spec.whole(Self.k)
    pool = spec.whole(Self.pool)
    check = spec.whole(Self.check)
    tau = spec.number(Self.tau)
    isDynamic = spec.text(Self.schedule) == "dynamic"
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let full =
      isDynamic
      ? head.layer.memo.value("recycled \(check) \(tau)") { refreshes(head) }
      : Array(Swift.stride(from: 0, to: head.seq, by: stride))
    let count = k == 0 ? max(1, head.seq / 8) : k
    let kept = head.layer.memo.value("recycled \(full.hashValue) \(count) \(pool) \(head.kvHead)") {
      full.map { self.kept(at: $0, count: count, head) }
    }
    var last = [Int](repeating: 0, count: head.seq)
    for (index, start) in full.enumerated() {
      for t in start..<head.seq { last[t] = index }
    }
    let latest = last
    var rule = HeadRule<K.Element>.weights { query, row in
      let step = latest[query]
      guard full[step] != query else { return }
      row.keep(kept[step] + Array(full[step] + 1..<query + 1))
    }
    rule.facts = [RuleFact("full steps", full.count)]
    return rule
  }

  /// The keys of a full step that are kept: the largest over the group's heads after pooling.
  private func kept<K: Kernels>(at step: Int, count: Int, _ head: RuleHead<K>) -> [Int] {
    var best = [Double](repeating: 0, count: step + 1)
    for member in head.group {
      let row = head.other(member).weights(of: step)
      let half = pool / 2
      for j in best.indices {
        for near in max(0, j - half)...min(step, j + half) { best[j] = max(best[j], row[near]) }
      }
    }
    return best.largest(count)
  }

  /// The steps at which the mean query over heads has turned away from that of the last full step.
  private func refreshes<K: Kernels>(_ head: RuleHead<K>) -> [Int] {
    let queries = head.layer.heads.map { Rows.doubles($0.queries) }
    let width = head.plan.dHead
    func mean(_ t: Int) -> [Double] {
      (0..<width).map { column in queries.reduce(0) { $0 + $1[t * width + column] } }
    }
    var full = [0]
    var reference = mean(0)
    for t in Swift.stride(from: check, to: head.seq, by: check) {
      let now = mean(t)
      func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      let size = (dot(now, now) * dot(reference, reference)).squareRoot()
      guard size > 0, dot(now, reference) / size < tau else { continue }
      full.append(t)
      reference = now
    }
    return full
  }
}
