import Models
import Tensors

extension TensorSource {
  /// Maps from elsewhere, `[layer, head, query, key]`, cut to a layer and a head where they are given.
  public static func maps(_ maps: OpenMaps, layer: Int?, head: Int?) -> TensorSource {
    let patterns = maps.patterns
    let layers = layer.map { [$0] } ?? Array(0..<patterns.layers)
    let heads = head.map { [$0] } ?? Array(0..<patterns.heads)
    let isShared = maps.queries.tokens == maps.keys.tokens
    return TensorSource(
      name: "attention",
      shape: (layer == nil ? [layers.count] : []) + (head == nil ? [heads.count] : [])
        + [patterns.queryCount, patterns.keyCount],
      axes: (layer == nil ? ["layer"] : []) + (head == nil ? ["head"] : []) + ["query", "key"],
      tokens: isShared ? maps.keys.tokens.map(\.piece) : []
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
