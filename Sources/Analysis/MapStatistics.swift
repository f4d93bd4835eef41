import Models
import Tensors

/// What one streaming pass over a head's map keeps: O(seq), never the map.
public struct MapStatistics: Sendable {
  /// −Σ p ln p of every query's row, in nats.
  public var entropy: [Double]
  /// Σ over queries of the weight on each key.
  public var received: [Double]
  /// Σ over queries of the weight at each distance `query − key`; index 0 is the query itself.
  public var byDistance: [Double]

  /// The number of queries.
  public var seq: Int { entropy.count }

  /// Statistics of no query yet.
  init(seq: Int) {
    entropy = Array(repeating: 0, count: seq)
    received = Array(repeating: 0, count: seq)
    byDistance = Array(repeating: 0, count: seq)
  }

  /// Statistics of a causal map that is at hand.
  ///
  /// - Parameter pattern: `[query, key]`, as many keys as queries.
  public init<Element: Scalar>(pattern: Tensor<Element>) {
    self.init(seq: pattern.shape[0])
    add(pattern, rows: 0..<seq, Element.PreferredKernels.self)
  }

  /// Takes some queries' rows.
  ///
  /// - Parameters:
  ///   - tile: `[rows, keys]`, keys from 0.
  ///   - rows: Which queries; each is taken once.
  mutating func add<K: Kernels>(_ tile: Tensor<K.Element>, rows: Range<Int>, _: K.Type) {
    let matrix = tile.matrix
    for (row, query) in rows.enumerated() {
      entropy[query] = K.entropy(matrix, row: row)
      K.accumulate(matrix, row: row, into: &received)
      K.accumulateByDistance(matrix, row: row, query: query, into: &byDistance)
    }
  }

  /// The statistics of every head of a run, `[layer][head]`, from one pass over tiles of its maps.
  ///
  /// - Parameters:
  ///   - trace: A run.
  ///   - onProgress: Called after each layer with a share from 0 to 1; what it throws ends the pass.
  /// - Complexity: O(layers × heads × seq² × dHead) time, O(layers × heads × seq) memory.
  public static func all<Element: Scalar>(
    _ trace: Trace<Element>, onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> [[MapStatistics]] {
    var all: [[MapStatistics]] = []
    for layer in 0..<trace.layers {
      let results = Slots<MapStatistics>(count: trace.heads)
      Parallel.forEach(trace.heads) { head in
        var statistics = MapStatistics(seq: trace.seq)
        let step = 128
        for start in stride(from: 0, to: trace.seq, by: step) {
          let rows = start..<min(trace.seq, start + step)
          let tile = trace.visiblePattern(HeadIndex(layer: layer, head: head), rows: rows)
          statistics.add(tile, rows: rows, Element.PreferredKernels.self)
        }
        results.put(statistics, at: head)
      }
      all.append(results.take())
      try onProgress(Double(layer + 1) / Double(trace.layers))
    }
    return all
  }
}
