import Tensors

/// Pattern · values of a layer's heads.
enum AttentionOutput<K: Kernels> {
  /// Fills the columns of some heads, one tile of queries at a time.
  ///
  /// - Parameters:
  ///   - target: `[variants · seq, heads · dValue]`.
  ///   - heads: All heads of the layer: those of the first variant, then those of the next one.
  ///   - seq: The number of queries.
  ///   - only: Which of them; nil for all.
  ///   - ruled: Those of the first variant that another rule stands in.
  ///   - known: The sums of the first queries, whose rows are there; nil for none.
  /// - Returns: The sums of those heads' softmaxes, where no rule stands in.
  @discardableResult static func fill(
    _ target: MutableMatrix<K.Element>, heads: [HeadAttention<K.Element>], seq: Int,
    only: [Int]? = nil, ruled: [Int: RuledHead<K>] = [:], after known: SoftmaxSums<K.Element>? = nil
  ) -> SoftmaxSums<K.Element> {
    var sums = known?.extended(to: seq) ?? SoftmaxSums<K.Element>(heads: heads.count, seq: seq)
    let chosen = only ?? Array(heads.indices)
    let (maxima, totals) = sums.known(chosen.filter { ruled[$0] == nil })
    var tiles: [(start: Int, step: Int, head: Int)] = []
    for head in chosen {
      let step = ruled[head]?.rowsPerTile ?? AttentionTiling.rows
      tiles += stride(from: known?.seq ?? 0, to: seq, by: step).map { ($0, step, head) }
    }
    // The last queries see the most keys: they go first, so that no thread ends with a long one.
    tiles.sort { ($0.start, $1.head) > ($1.start, $0.head) }
    let order = tiles
    Parallel.forEach(order.count) { item in
      guard !Cancellation.isDue else { return }
      let (start, step, index) = order[item]
      let rows = start..<min(seq, start + step)
      let head = heads[index]
      let first = index / head.plan.heads * seq
      let part = target.window(
        rows: first + rows.lowerBound..<first + rows.upperBound,
        columns: head.plan.valueColumns(head.head.head))
      if let ruled = ruled[index] { return ruled.weightedValues(rows, into: part) }
      fill(
        part, of: head, rows: rows,
        maxima: maxima.window(rows: index..<index + 1, columns: rows),
        totals: totals.window(rows: index..<index + 1, columns: rows))
    }
    return sums
  }

  /// One tile of queries of one head, one tile of keys after the other: no more of the map is ever there.
  ///
  /// - Parameters:
  ///   - part: `[rows, dValue]`.
  ///   - maxima: Become those of the rows' softmaxes, `[1, rows]`; `totals` as well.
  private static func fill(
    _ part: MutableMatrix<K.Element>, of head: HeadAttention<K.Element>, rows: Range<Int>,
    maxima: MutableMatrix<K.Element>, totals: MutableMatrix<K.Element>
  ) {
    // A learned sink is a key that has no value.
    maxima.fill(head.sink ?? -.infinity)
    totals.fill(head.sink == nil ? 0 : 1)
    part.fill(0)
    let tiles = AttentionTiling.tiles(of: head.visible(rows: rows))
    var scratch = Tensor<K.Element>(
      uninitialized: [rows.count, tiles.map(\.count).max() ?? 0])
    let target = scratch.mutableMatrix()
    for keys in tiles {
      let tile = target.columns(0..<keys.count)
      AttentionWeights<K>.score(head, rows: rows, keys: keys, into: tile)
      K.addToSoftmax(
        tile, visible: head.visibleColumns(rows: rows, keys: keys),
        maxima: maxima, totals: totals, scaling: part)
      K.multiply(tile.matrix, head.kept.values.rows(keys), adding: true, into: part)
    }
    K.divide(part, by: totals.matrix)
  }
}
