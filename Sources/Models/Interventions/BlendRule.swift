import Tensors

/// A head between all keys and a sink with a window, as DuoAttention trains its gates.
///
/// Not in the list of rules: its share is learned, never set by hand.
struct BlendRule: AttentionRule {
  static var card: RuleCard { StreamingRule.card }

  private let share: Double
  private let sink, recent: Int

  init(_ spec: RuleSpec) {
    let streaming = StreamingRule(spec)
    self.init(share: 0, sink: streaming.sink, recent: streaming.recent)
  }

  init(share: Double, sink: Int, recent: Int) {
    (self.share, self.sink, self.recent) = (share, sink, recent)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    HeadRule(
      weights: .mixture([
        (share, nil), (1 - share, StreamingRule.mask(sink: sink, recent: recent)),
      ]), output: nil)
  }
}

extension Intervention {
  /// A head whose output is `share · full + (1 − share) · streaming`: of all keys, and of the first `sink`
  /// and the most recent ones, the query's own included.
  ///
  /// Source: Xiao et al. 2024, "DuoAttention".
  public static func blend(
    _ head: HeadIndex, share: Double, sink: Int, recent: Int
  ) throws(RuleError) -> Intervention {
    var spec = try RuleSpec("streaming")
    try spec.set("sink", to: "\(sink)")
    try spec.set("recent", to: "\(recent)")
    return .rule(
      head, AppliedRule(spec: spec, rule: BlendRule(share: share, sink: sink, recent: recent)))
  }

  /// A head without some edges from queries to keys: the rest of each row's softmax takes over, and a row
  /// without any key is zero.
  ///
  /// - Parameter edges: `QUERY>KEY` joined by `+`; each a position, a range such as `3-5`, or `*` for all.
  /// - Throws: `RuleError.badValue`.
  ///
  /// Source: Geva et al. 2023, "Dissecting Recall of Factual Associations in Auto-Regressive Language Models".
  public static func cut(_ head: HeadIndex, edges: String) throws(RuleError) -> Intervention {
    var spec = try RuleSpec("cut")
    try spec.set("edges", to: edges)
    return .rule(head, AppliedRule(spec: spec, rule: try spec.rule()))
  }
}
