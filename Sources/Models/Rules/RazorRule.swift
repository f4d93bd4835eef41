import Tensors

/// First and recent keys, and one token that stands for all those dropped between.
struct RazorRule: AttentionRule {
  private static let sink = RuleParameter.whole("sink", 4, 0...(1 << 30), "first keys kept")
  private static let local = RuleParameter.whole(
    "local", 256,
    help: "most recent keys kept, the query's own included; 4000 in the paper (recall)")
  private static let share = RuleParameter.whole(
    "share", 5, 0...(1 << 30), "at least n / share recent keys are kept; 0 for no such bound")
  private static let compensation = RuleParameter.choice(
    "compensation", ["counted", "plain", "none"],
    "the compensation token counts as often as keys were dropped (recall), once, or not at all")

  static let card = RuleCard(
    name: "razor", title: "RazorAttention: a compensation token",
    formula:
      "softmax over sink, recent and one key, the mean of the dropped ones, its logit + ln N with"
      + " `counted`; its weight spread evenly over them. The dropped mass is never over-estimated",
    family: .factorised, label: .asPublished, evidence: .text,
    source:
      "Tang et al. 2024; mindspore-ai/golden-stick razor_attention (heads that do not retrieve)",
    parameters: [sink, local, share, compensation], needs: [.causal],
    kvFraction: "retrieval + (1 − retrieval) · (sink + local + 1) / n")

  let sink, local, share: Int
  let compensation: String

  init(_ spec: RuleSpec) {
    sink = spec.whole(Self.sink)
    local = spec.whole(Self.local)
    share = spec.whole(Self.share)
    compensation = spec.text(Self.compensation)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let recent = max(local, share > 0 ? head.seq / share : 0)
    let (sink, compensation) = (sink, compensation)
    var rule = HeadRule<K.Element>.fromScores(of: head) { query, row in
      // The keys sink ..< end were dropped.
      let end = max(min(sink, query + 1), query - recent + 1)
      let start = min(sink, end)
      let dropped = end - start
      guard dropped > 0 else { return row.softmax(0..<query + 1) }
      // The product with a mean key is the mean of the products.
      let mean = row[start..<end].reduce(0, +) / Double(dropped)
      let logit =
        switch compensation {
        case "counted": mean + Double.log(Double(dropped))
        case "plain": mean
        default: -Double.infinity
        }
      let kept = [0..<start, end..<query + 1]
      let highest = kept.flatMap { row[$0] }.max().map { max($0, logit) } ?? logit
      var sum = Double.exp(logit - highest)
      let each = sum / Double(dropped)
      for j in kept.joined() {
        row[j] = Double.exp(row[j] - highest)
        sum += row[j]
      }
      for j in start..<end { row[j] = each }
      for j in 0...query { row[j] /= sum }
      for j in query + 1..<row.count { row[j] = 0 }
    }
    rule.cache = .keys(sink + recent + (compensation == "none" ? 0 : 1))
    return rule
  }
}
