import Tensors

/// The gradients of a layer's queries, keys and values.
///
/// Maps are recomputed a tile at a time: with `W` a tile of the map and `g` the gradient of weighted
/// values, `dW = g · Vᵀ`, `dS = W · (dW − Σ W · dW)`, and from it those of queries and keys.
///
/// Source: Dao et al. 2022, "FlashAttention", algorithm 4.
struct AttentionBackward<K: Kernels> {
  /// After position encoding, `[queries, heads · dHead]`.
  var queries: Tensor<K.Element>
  /// `[keys, kvHeads · dHead]` and `[keys, kvHeads · dValue]`.
  var keys, values: Tensor<K.Element>

  /// - Parameters:
  ///   - heads: All heads of the layer.
  ///   - gradient: Of weighted values, `[queries, heads · dValue]`.
  ///   - ruled: Heads that another rule stands in, each a sum of softmaxes.
  init(
    _ heads: [HeadAttention<K.Element>], _ plan: AttentionPlan, _ gradient: Matrix<K.Element>,
    ruled: [Int: RuledHead<K>] = [:]
  ) {
    let seq = gradient.rows
    queries = Tensor(uninitialized: [seq, plan.heads * plan.dHead])
    // One for each query head, so that no two threads add to the same numbers.
    let keyCount = heads.first?.keys.rows ?? 0
    var forKeys = Tensor<K.Element>(repeating: 0, shape: [keyCount, plan.heads * plan.dHead])
    var forValues = Tensor<K.Element>(repeating: 0, shape: [keyCount, plan.heads * plan.dValue])
    let (q, k, v) = (
      queries.mutableMatrix(), forKeys.mutableMatrix(), forValues.mutableMatrix()
    )
    Parallel.forEach(plan.heads) { index in
      let (own, ownValues) = (plan.columns(index), plan.valueColumns(index))
      Self.add(
        heads[index], ruled[index], gradient.columns(ownValues), queries: q.columns(own),
        keys: k.columns(own), values: v.columns(ownValues))
    }
    keys = Self.sums(forKeys, plan, width: plan.dHead)
    values = Self.sums(forValues, plan, width: plan.dValue)
  }

  /// One head, one tile of queries after the other.
  private static func add(
    _ head: HeadAttention<K.Element>, _ ruled: RuledHead<K>?, _ gradient: Matrix<K.Element>,
    queries: MutableMatrix<K.Element>, keys: MutableMatrix<K.Element>,
    values: MutableMatrix<K.Element>
  ) {
    let seq = gradient.rows
    let step = AttentionTiling.rowsPerTile(seq: seq)
    for start in stride(from: 0, to: seq, by: step) where !Cancellation.isDue {
      let rows = start..<min(seq, start + step)
      let keyCount = head.keyCount(rows: rows)
      let seen = 0..<keyCount
      let g = gradient.rows(rows)
      var slope = Tensor<K.Element>(uninitialized: [rows.count, keyCount])
      let s = slope.mutableMatrix()
      K.multiply(
        g, head.values.rows(seen), transposed: true, scale: 1, adding: false, into: s)
      if let ruled {
        differentiate(ruled, rows, s, g, values: values.rows(seen))
      } else {
        let weights = AttentionWeights<K>.weights(head, rows: rows)
        K.multiply(transposing: weights.matrix, g, adding: true, into: values.rows(seen))
        K.differentiateSoftmax(weights.matrix, gradient: s)
      }
      if let cap = head.plan.cap {
        let capped = AttentionWeights<K>.scores(head, rows: rows, keyCount: keyCount)
        K.differentiateCap(capped.matrix, at: K.Element(cap), gradient: s)
      }
      let scale = K.Element(head.plan.scale)
      K.multiply(
        s.matrix, head.keys.rows(seen), transposed: false, scale: scale, adding: false,
        into: queries.rows(rows))
      head.disentangled?.addGradient(
        s.matrix, of: head, rows: rows, queries: queries.rows(rows), keys: keys.rows(seen), K.self)
      K.scale(s, by: scale)
      K.multiply(
        transposing: s.matrix, head.queries.rows(rows), adding: true, into: keys.rows(seen))
    }
  }

  /// Through a sum of softmaxes: the gradient of weights becomes that of scores, and that of values is added.
  private static func differentiate(
    _ ruled: RuledHead<K>, _ rows: Range<Int>, _ slope: MutableMatrix<K.Element>,
    _ gradient: Matrix<K.Element>, values: MutableMatrix<K.Element>
  ) {
    let whole = slope.matrix.copied
    slope.fill(0)
    for part in ruled.rule.mixture ?? [] {
      var weights = ruled.softmax(rows, keys: part.keys)
      var own = whole
      K.differentiateSoftmax(weights.matrix, gradient: own.mutableMatrix())
      K.add(own.matrix, scale: K.Element(part.share), to: slope)
      K.scale(weights.mutableMatrix(), by: K.Element(part.share))
      K.multiply(transposing: weights.matrix, gradient, adding: true, into: values)
    }
  }

  /// The heads of each group added up.
  private static func sums(
    _ tensor: Tensor<K.Element>, _ plan: AttentionPlan, width: Int
  ) -> Tensor<K.Element> {
    guard plan.heads != plan.kvHeads else { return tensor }
    var result = Tensor<K.Element>(
      repeating: 0, shape: [tensor.matrix.rows, plan.kvHeads * width])
    let target = result.mutableMatrix()
    for head in 0..<plan.heads {
      let kvHead = plan.kvHead(of: head)
      K.add(
        tensor.matrix.columns(head * width..<(head + 1) * width),
        to: target.columns(kvHead * width..<(kvHead + 1) * width))
    }
    return result
  }
}
