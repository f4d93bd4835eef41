import Tensors

/// Pattern · values of a layer's heads.
enum AttentionOutput<K: Kernels> {
  /// Fills the columns of some heads, one tile of queries at a time.
  ///
  /// - Parameters:
  ///   - target: `[variants · seq, heads · dValue]`.
  ///   - heads: All heads of the layer: those of the first variant, then those of the next one.
  ///   - queries: Which queries; all of a variant's for several variants.
  ///   - seq: The number of queries in each variant.
  ///   - only: Which of the heads; nil for all.
  ///   - ruled: Those of the first variant that another rule stands in.
  static func fill(
    _ target: MutableMatrix<K.Element>, heads: [HeadAttention<K.Element>],
    queries: Range<Int>? = nil, of seq: Int,
    only: [Int]? = nil, ruled: [Int: RuledHead<K>] = [:]
  ) {
    let queries = queries ?? 0..<seq
    let usual = AttentionTiling.rowsPerTile(seq: seq)
    var tiles: [(start: Int, step: Int, head: Int)] = []
    for head in only ?? Array(heads.indices) {
      let step = ruled[head]?.rowsPerTile ?? usual
      tiles += stride(from: queries.lowerBound, to: queries.upperBound, by: step).map { ($0, step, head) }
    }
    // The last queries see the most keys: they go first, so that no thread ends with a long one.
    tiles.sort { ($0.start, $1.head) > ($1.start, $0.head) }
    let order = tiles
    Parallel.forEach(order.count) { item in
      let (start, step, index) = order[item]
      let rows = start..<min(queries.upperBound, start + step)
      let head = heads[index]
      let first = index / head.plan.heads * seq
      let part = target.window(
        rows: first + rows.lowerBound..<first + rows.upperBound,
        columns: head.plan.valueColumns(head.head.head))
      if let ruled = ruled[index] { return ruled.weightedValues(rows, into: part) }
      let weights = AttentionWeights<K>.weights(head, rows: rows)
      K.multiply(
        weights.matrix, head.values.rows(0..<weights.shape[1]), transposed: false, scale: 1,
        adding: false, into: part)
    }
  }
}
