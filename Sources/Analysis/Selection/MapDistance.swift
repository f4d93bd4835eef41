import Models
import Tensors

/// How far the maps of two runs are apart, head by head.
public enum MapDistance {
  /// For each head the mean over queries of `½ Σ_j |A_ij − B_ij|`: the share of a row's weight that went elsewhere.
  ///
  /// - Returns: `[layer, head]`, from 0 to 1; nil for runs whose heads or maps are not of one size.
  /// - Complexity: O(heads × seq² × dHead) for traces; one tile of each map in memory for each thread.
  public static func table(_ a: any PatternSource, _ b: any PatternSource) -> HeadTable? {
    guard a.layers == b.layers, a.heads == b.heads, a.queryCount == b.queryCount,
      a.keyCount == b.keyCount
    else { return nil }
    let results = Slots<Double>(count: a.layers * a.heads)
    let keys = 0..<a.keyCount
    Parallel.forEach(a.layers * a.heads) { index in
      let head = HeadIndex(layer: index / a.heads, head: index % a.heads)
      var sum = 0.0
      for start in stride(from: 0, to: a.queryCount, by: 128) where !Cancellation.isDue {
        let rows = start..<min(a.queryCount, start + 128)
        sum += OneDNNKernels.sumOfDifferences(
          a.pattern(head, rows: rows, columns: keys).matrix,
          b.pattern(head, rows: rows, columns: keys).matrix)
      }
      results.put(sum / 2 / Double(max(1, a.queryCount)), at: index)
    }
    return HeadTable(layers: a.layers, heads: a.heads, values: results.take())
  }
}
