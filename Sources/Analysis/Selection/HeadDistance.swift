import Models
import Tensors

/// How alike heads are: the Jensen–Shannon divergence between their rows.
///
/// Separate from the streaming pass, since it compares every map with every other.
///
/// Source: Clark et al. 2019, "What Does BERT Look At?", without its smoothing: zero weights need none.
public enum HeadDistance {
  /// The divergence of two maps, in nats: 0 for equal ones, at most ln 2.
  ///
  /// The mean over queries of `½ KL(p ‖ m) + ½ KL(q ‖ m)`, with `m` the mean of both rows.
  ///
  /// - Parameters:
  ///   - a: `[query, key]`.
  ///   - b: Of the same size.
  /// - Returns: `.nan` for maps without rows.
  public static func between<Element: Scalar>(
    _ a: Matrix<Element>, _ b: Matrix<Element>
  ) -> Double {
    precondition(a.rows == b.rows && a.columns == b.columns)
    guard a.rows > 0 else { return .nan }
    return (0..<a.rows).reduce(0) {
      $0 + Element.PreferredKernels.divergence(a, b, row: $1)
    } / Double(a.rows)
  }

  /// How far every head is from one, `[layer, head]` in nats: "heads like this one" are the smallest.
  ///
  /// - Parameters:
  ///   - maps: Where the maps come from.
  ///   - head: Compared with all; its own distance is 0.
  ///   - onProgress: Called after each layer with a share from 0 to 1; what it throws ends the work.
  /// - Complexity: O(layers × heads × seq² × dHead) for a trace; two tiles in memory for each thread.
  public static func table(
    _ maps: any PatternSource, from head: HeadIndex,
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> HeadTable {
    var rows: [[Double]] = []
    for layer in 0..<maps.layers {
      let results = Slots<Double>(count: maps.heads)
      Parallel.forEach(maps.heads) { other in
        let sum = sum(maps, head, HeadIndex(layer: layer, head: other))
        results.put(sum / Double(maps.queryCount), at: other)
      }
      rows.append(results.take())
      try onProgress(Double(layer + 1) / Double(maps.layers))
    }
    return HeadTable(rows: rows)
  }

  /// The divergence of every pair of some heads, `[heads, heads]` in nats, symmetric.
  ///
  /// - Complexity: O(heads² × seq²) divergences; one tile of every map in memory.
  public static func matrix(
    _ maps: any PatternSource, heads: [HeadIndex],
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> Tensor<Double> {
    var sums = [Double](repeating: 0, count: heads.count * heads.count)
    for start in stride(from: 0, to: maps.queryCount, by: 128) {
      let rows = start..<min(maps.queryCount, start + 128)
      let tiles = heads.map { maps.pattern($0, rows: rows, columns: 0..<maps.keyCount) }
      let parts = Slots<[Double]>(count: heads.count)
      Parallel.forEach(heads.count) { a in
        parts.put(
          (0..<a).map { b in between(tiles[a].matrix, tiles[b].matrix) * Double(rows.count) },
          at: a)
      }
      for (a, part) in parts.take().enumerated() {
        for (b, sum) in part.enumerated() {
          sums[a * heads.count + b] += sum / Double(maps.queryCount)
          sums[b * heads.count + a] = sums[a * heads.count + b]
        }
      }
      try onProgress(Double(rows.upperBound) / Double(maps.queryCount))
    }
    return Tensor(sums, shape: [heads.count, heads.count])
  }

  /// Σ over queries.
  private static func sum(_ maps: any PatternSource, _ a: HeadIndex, _ b: HeadIndex) -> Double {
    guard a != b else { return 0 }
    var sum = 0.0
    for start in stride(from: 0, to: maps.queryCount, by: 128) where !Cancellation.isDue {
      let rows = start..<min(maps.queryCount, start + 128)
      let (p, q) = (
        maps.pattern(a, rows: rows, columns: 0..<maps.keyCount),
        maps.pattern(b, rows: rows, columns: 0..<maps.keyCount)
      )
      sum += between(p.matrix, q.matrix) * Double(rows.count)
    }
    return sum
  }
}
