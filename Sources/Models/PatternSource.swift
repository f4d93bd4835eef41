import Tensors

/// Where maps come from: a `Trace` recomputes them; a test or a file may hold them.
///
/// A map, or the tile of it that is on the screen, is derived when someone looks; nothing here is
/// `layers × heads × seq²`.
public protocol PatternSource: Sendable {
  /// The number of layers.
  var layers: Int { get }
  /// The number of query heads in each layer.
  var heads: Int { get }
  /// The number of queries: rows of a map.
  var queryCount: Int { get }
  /// The number of keys: columns of a map.
  var keyCount: Int { get }
  /// Whether a query can see no key after itself.
  var isCausal: Bool { get }
  /// Bytes that are held in order to compute the maps; 0 for maps that take nothing worth counting.
  var bytesInMemory: Int { get }

  /// A tile of one head's map, `[rows, columns]`; each row of the whole map sums to at most one.
  ///
  /// - Parameters:
  ///   - head: Which head; must exist.
  ///   - rows: Queries, within `0..<queryCount`.
  ///   - columns: Keys, within `0..<keyCount`.
  /// - Complexity: O(rows × keyCount × dHead) for a trace.
  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float>

  /// Part of one head's map, reduced to blocks of `pool × pool` weights.
  ///
  /// - Parameters:
  ///   - rows: Queries, within the map.
  ///   - columns: Keys, within the map.
  ///   - taking: How many queries of each block are looked at, the first ones; at least 1.
  func pooledPattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>, pool: Int, taking: Int
  ) -> PooledPattern
}

extension PatternSource {
  /// All heads, by layer.
  public var allHeads: [HeadIndex] {
    (0..<layers).flatMap { layer in
      (0..<heads).map { HeadIndex(layer: layer, head: $0) }
    }
  }

  /// Nothing worth counting.
  public var bytesInMemory: Int { 0 }

  /// One head's whole map, `[query, key]`.
  public func pattern(_ head: HeadIndex) -> Tensor<Float> {
    pattern(head, rows: 0..<queryCount, columns: 0..<keyCount)
  }
}
