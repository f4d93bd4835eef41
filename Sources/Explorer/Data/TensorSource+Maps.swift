import Models
import Tensors

extension TensorSource {
  /// Maps from elsewhere, `[layer, head, query, key]`, cut to a layer and a head where they are given.
  public static func maps(_ maps: OpenMaps, layer: Int?, head: Int?) -> TensorSource {
    let isShared = maps.queries.tokens == maps.keys.tokens
    return patterns(
      maps.patterns, tokens: isShared ? maps.keys.tokens.map(\.piece) : [], layer: layer, head: head
    )
  }

  /// The maps of a run from one named part of the prompt to another; all other weights are zero.
  ///
  /// - Returns: nil when the prompt has no such parts.
  public static func maps<Element: Scalar>(
    _ trace: Trace<Element>, between pair: SpanPair, layer: Int?, head: Int?
  ) -> TensorSource? {
    let spans = trace.prompt.spans
    guard let maps = BetweenPatterns(trace, pair, queries: spans, keys: spans) else { return nil }
    var source = patterns(maps, tokens: trace.prompt.tokens.map(\.piece), layer: layer, head: head)
    source.rule = trace.ruleNotice
    return source
  }

  private static func patterns(
    _ patterns: any PatternSource, tokens: [String], layer: Int?, head: Int?
  ) -> TensorSource {
    let layers = layer.map { [$0] } ?? Array(0..<patterns.layers)
    let heads = head.map { [$0] } ?? Array(0..<patterns.heads)
    return TensorSource(
      name: "attention",
      shape: (layer == nil ? [layers.count] : []) + (head == nil ? [heads.count] : [])
        + [patterns.queryCount, patterns.keyCount],
      axes: (layer == nil ? ["layer"] : []) + (head == nil ? ["head"] : []) + ["query", "key"],
      tokens: tokens
    ) { body in
      for layer in layers {
        for head in heads {
          try patterns.forEachTile(of: HeadIndex(layer: layer, head: head), body)
        }
      }
    }
  }
}

extension PatternSource {
  /// One head's map, some queries at a time: a whole map of a long prompt never is in memory.
  func forEachTile(of head: HeadIndex, _ body: (Tensor<Float>) throws -> Void) rethrows {
    for start in stride(from: 0, to: queryCount, by: 256) {
      let rows = start..<min(queryCount, start + 256)
      try body(pattern(head, rows: rows, columns: 0..<keyCount))
    }
  }
}
