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

  /// A head, and the one of another model whose map is nearest to its.
  public struct Match: Sendable, Hashable {
    /// The head.
    public let head: HeadIndex
    /// The nearest head of the other model.
    public let other: HeadIndex
    /// How far they are apart, from 0 to 1.
    public let distance: Double

    /// A head and its nearest.
    public init(head: HeadIndex, other: HeadIndex, distance: Double) {
      (self.head, self.other, self.distance) = (head, other, distance)
    }
  }

  /// For each head of some maps the head of other maps that is nearest by `½ Σ_j |A_ij − B_ij|`, the mean over up
  /// to 64 queries spread over the prompt; models of different shapes are compared so.
  ///
  /// - Returns: A match for each head of `a`, in order; nil where maps are not of one size.
  /// - Complexity: O(heads of a × heads of b × queries × keys) time, 128 MiB of rows at most.
  public static func nearest(_ a: any PatternSource, _ b: any PatternSource) -> [Match]? {
    guard a.queryCount == b.queryCount, a.keyCount == b.keyCount, a.queryCount > 0 else {
      return nil
    }
    let most = max(1, max(a.layers * a.heads, b.layers * b.heads) * a.keyCount)
    let count = min(a.queryCount, max(1, min(64, (16 << 20) / most)))
    let queries = (0..<count).map { (2 * $0 + 1) * a.queryCount / (2 * count) }
    let (ours, theirs) = (rows(a, queries), rows(b, queries))
    let results = Slots<Match>(count: ours.count)
    Parallel.forEach(ours.count) { index in
      var best = (other: 0, distance: Double.infinity)
      for other in theirs.indices {
        let sum = OneDNNKernels.sumOfDifferences(ours[index].matrix, theirs[other].matrix)
        if sum < best.distance { best = (other, sum) }
      }
      results.put(
        Match(
          head: HeadIndex(layer: index / a.heads, head: index % a.heads),
          other: HeadIndex(layer: best.other / b.heads, head: best.other % b.heads),
          distance: best.distance / 2 / Double(count)), at: index)
    }
    return results.take()
  }

  /// Some rows of every head's map, `[queries, keys]` each.
  private static func rows(_ source: any PatternSource, _ queries: [Int]) -> [Tensor<Float>] {
    let results = Slots<Tensor<Float>>(count: source.layers * source.heads)
    Parallel.forEach(source.layers * source.heads) { index in
      let head = HeadIndex(layer: index / source.heads, head: index % source.heads)
      let elements = queries.flatMap {
        source.pattern(head, rows: $0..<$0 + 1, columns: 0..<source.keyCount).elements
      }
      results.put(Tensor(elements, shape: [queries.count, source.keyCount]), at: index)
    }
    return results.take()
  }
}
