import Tensors

/// Part of one head's map, reduced: for each block of weights the largest and the mean.
public struct PooledPattern: Sendable, Equatable {
  /// Blocks down and across.
  public let rows, columns: Int
  /// The largest weight of each block, row-major; `.nan` where a block holds no number.
  public let maxima: [Float]
  /// The mean of each block's weights, those that a query cannot see counting as zeros.
  public let means: [Float]

  /// A reduced map of so many blocks.
  public init(rows: Int, columns: Int, maxima: [Float], means: [Float]) {
    (self.rows, self.columns, self.maxima, self.means) = (rows, columns, maxima, means)
  }

  /// Reduces bands of blocks side by side.
  ///
  /// - Parameters:
  ///   - rows: Queries.
  ///   - columns: Keys.
  ///   - pool: Queries and keys of a block.
  ///   - taking: How many queries of each block are looked at, the first ones.
  ///   - band: Takes the weights of some queries, all of one row of blocks, into maxima (−∞ to begin with)
  ///     and sums; called on several threads.
  init(
    rows: Range<Int>, columns: Range<Int>, pool: Int, taking: Int,
    _ band: @Sendable (_ queries: Range<Int>, inout [Float], inout [Float]) -> Void
  ) {
    let height = (rows.count + pool - 1) / pool
    let width = (columns.count + pool - 1) / pool
    var (maxima, means) = (
      Tensor<Float>(uninitialized: [height, width]), Tensor<Float>(uninitialized: [height, width])
    )
    let (allMaxima, allMeans) = (maxima.mutableMatrix(), means.mutableMatrix())
    Parallel.forEach(height) { block in
      let start = rows.lowerBound + block * pool
      let queries = start..<min(rows.upperBound, start + min(pool, taking))
      var found = [Float](repeating: -.infinity, count: width)
      var sums = [Float](repeating: 0, count: width)
      band(queries, &found, &sums)
      allMaxima.withRow(block) { row in
        // A NaN must be seen; a block that no query sees has the weight zero.
        for i in row.indices { row[i] = sums[i].isNaN ? .nan : max(0, found[i]) }
      }
      allMeans.withRow(block) { row in
        for i in row.indices {
          let keys = min(pool, columns.count - i * pool)
          row[i] = sums[i] / Float(queries.count * keys)
        }
      }
    }
    self.init(rows: height, columns: width, maxima: maxima.elements, means: means.elements)
  }
}

extension PatternSource {
  /// Part of one head's map, reduced to blocks of `pool × pool` weights.
  ///
  /// - Parameters:
  ///   - rows: Queries, within the map.
  ///   - columns: Keys, within the map.
  ///   - taking: How many queries of each block are looked at, the first ones; at least 1.
  public func pooledPattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>, pool: Int, taking: Int
  ) -> PooledPattern {
    PooledPattern(rows: rows, columns: columns, pool: pool, taking: taking) {
      queries, maxima, sums in
      OneDNNKernels.pool(
        pattern(head, rows: queries, columns: columns).matrix, by: pool, offset: 0,
        maxima: &maxima, sums: &sums)
    }
  }
}

extension PatternSource {
  /// Part of one head's map, reduced to blocks of which nothing is left out.
  ///
  /// - Parameter onProgress: Called now and then with a share from 0 to 1; what it throws ends the work.
  public func pooledPattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>, pool: Int,
    onProgress: (Double) throws -> Void
  ) rethrows -> PooledPattern {
    // So many blocks at once that no thread waits long for another one's last.
    let step = pool * max(4 * Parallel.threadCount, 1024 / pool)
    var (count, width) = (0, 0)
    var (maxima, means): ([Float], [Float]) = ([], [])
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
      try onProgress(Double(start - rows.lowerBound) / Double(rows.count))
      let part = pooledPattern(
        head, rows: start..<min(rows.upperBound, start + step), columns: columns, pool: pool,
        taking: pool)
      (count, width) = (count + part.rows, part.columns)
      maxima += part.maxima
      means += part.means
    }
    return PooledPattern(rows: count, columns: width, maxima: maxima, means: means)
  }
}

extension Trace {
  /// Part of one head's map, reduced to blocks of `pool × pool` weights, a tile at a time.
  ///
  /// - Complexity: O(queries looked at × visible keys × dHead) time, one tile of memory for each thread.
  public func pooledPattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>, pool: Int, taking: Int
  ) -> PooledPattern {
    PooledPattern(rows: rows, columns: columns, pool: pool, taking: taking) {
      queries, maxima, sums in
      forEachTile(head, rows: queries, columns: columns) { tile, _, keys in
        let seen = keys.clamped(to: columns)
        guard !seen.isEmpty else { return }
        Element.PreferredKernels.pool(
          tile.columns(seen.lowerBound - keys.lowerBound..<seen.upperBound - keys.lowerBound),
          by: pool, offset: seen.lowerBound - columns.lowerBound, maxima: &maxima, sums: &sums)
      }
    }
  }
}
