import Tensors

/// Only the first keys and the most recent ones, at their true distances or at their places in the cache.
struct StreamingRule: AttentionRule {
  private static let sink = RuleParameter.whole("sink", 4, 0...(1 << 30), "first keys kept")
  private static let recent = RuleParameter.whole(
    "recent", 512, help: "most recent keys kept, the query's own included")
  private static let positions = RuleParameter.choice(
    "positions", ["true", "cache"],
    "true distances, or places in the cache as StreamingLLM assigns them")

  static let card = RuleCard(
    name: "streaming", title: "StreamingLLM: sink and recent keys",
    formula: "softmax over keys j < sink or j > i − recent",
    family: .mask, label: .asPublished, evidence: .code,
    source: "Xiao et al. 2023; mit-han-lab/streaming-llm kv_cache.py, pos_shift",
    parameters: [sink, recent, positions],
    kvFraction: "(sink + recent) / n")

  let sink, recent: Int
  let usesCachePlaces: Bool

  init(_ spec: RuleSpec) {
    sink = spec.whole(Self.sink)
    recent = spec.whole(Self.recent)
    usesCachePlaces = spec.text(Self.positions) == "cache"
  }

  var needs: Set<RuleNeed> { usesCachePlaces ? [.causal, .unrotated] : [] }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let mask = Self.mask(sink: sink, recent: recent)
    let last = sink + recent - 1
    guard usesCachePlaces, sink > 0, head.seq > last + 1 else { return .keys(mask) }
    // Recent keys stand as far from the query as ever; to the sinks the query is no farther than the cache is
    // long, so only those scores are made again.
    return .map { rows in
      let width = head.width(rows)
      var tile = head.scores(rows, keys: 0..<width)
      let moved = rows.clamped(to: last + 1..<max(last + 1, rows.upperBound))
      if !moved.isEmpty {
        let turned = head.turned(head.queries.rows(moved), by: moved.map { last - $0 })
        tile.mutableMatrix().window(
          rows: moved.lowerBound - rows.lowerBound..<rows.count, columns: 0..<sink
        ).copy(from: head.scores(of: turned, keys: head.keys.rows(0..<sink)).matrix)
      }
      head.softmax(tile.mutableMatrix(), rows: rows, keys: [0..<width], mask: mask)
      return tile
    }
  }

  /// The first keys and those around the query; what comes after it is hidden elsewhere where it must be.
  static func mask(sink: Int, recent: Int) -> KeyMask {
    KeyMask { query in
      [0..<sink, max(sink, query - recent + 1)..<max(sink, query + recent)]
    }
  }
}
