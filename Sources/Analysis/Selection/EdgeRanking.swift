import Models
import Tensors

/// Who does this? All heads of a model by how much they attend from some queries to some keys.
public enum EdgeRanking {
  /// The mean over some queries of the weight that each gives to some keys, `[layer, head]`.
  ///
  /// For one query and one key it is that weight.
  ///
  /// - Parameters:
  ///   - maps: Where the maps come from.
  ///   - queries: Not empty, within the map.
  ///   - keys: Not empty, within the map.
  ///   - onProgress: Called after each layer with a share from 0 to 1; what it throws ends the work.
  /// - Returns: Shares from 0 to 1; `.nan` where a map holds NaN.
  /// - Complexity: O(layers × heads × queries × seq × dHead) for a trace; one tile in memory.
  public static func table(
    _ maps: any PatternSource, queries: Range<Int>, keys: Range<Int>,
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> HeadTable {
    var rows: [[Double]] = []
    let columns = (0..<keys.count).map { Int32($0) }[...]
    for layer in 0..<maps.layers {
      let results = Slots<Double>(count: maps.heads)
      Parallel.forEach(maps.heads) { head in
        var sum = 0.0
        for start in stride(from: queries.lowerBound, to: queries.upperBound, by: 128)
        where !Cancellation.isDue {
          let rows = start..<min(queries.upperBound, start + 128)
          let tile = maps.pattern(HeadIndex(layer: layer, head: head), rows: rows, columns: keys)
          for row in 0..<rows.count {
            sum += OneDNNKernels.sum(tile.matrix, row: row, keys: columns, shift: 0)
          }
        }
        results.put(sum / Double(queries.count), at: head)
      }
      rows.append(results.take())
      try onProgress(Double(layer + 1) / Double(maps.layers))
    }
    return HeadTable(rows: rows)
  }
}
