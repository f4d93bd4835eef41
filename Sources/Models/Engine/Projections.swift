import Tensors

/// From the residual stream to queries, keys and values, with the weights at hand.
struct Projections<K: Kernels>: Sendable {
  let plan: AttentionPlan
  let query, key, value: Linear<K>
  let queryLatent, keyValueLatent: Latent<K>?
  let sharedKey: Linear<K>?
  let queryNorm, keyNorm: HeadNorm<K>?
  let rotation: Rotation<K.Element>?

  init(
    _ plan: AttentionPlan, _ rotation: Rotation<K.Element>?,
    _ weights: inout WeightReader<K>
  ) {
    self.plan = plan
    self.rotation = rotation
    query = Linear(plan.query, &weights)
    key = Linear(plan.key, &weights)
    value = Linear(plan.value, &weights)
    queryLatent = plan.queryLatent.map { Latent($0, &weights) }
    keyValueLatent = plan.keyValueLatent.map { Latent($0, &weights) }
    sharedKey = plan.sharedKey.map { Linear($0, &weights) }
    queryNorm = plan.queryNorm.map {
      HeadNorm($0, heads: plan.heads, dHead: plan.dHead, &weights)
    }
    keyNorm = plan.keyNorm.map { HeadNorm($0, heads: plan.kvHeads, dHead: plan.dHead, &weights) }
  }

  /// Writes the queries, keys and values of some tokens.
  ///
  /// - Parameters:
  ///   - x: What attention reads, `[rows, dModel]`.
  ///   - rows: Where these tokens stand in the prompt.
  func apply(
    to x: Matrix<K.Element>, rows: Range<Int>, queries: MutableMatrix<K.Element>,
    keys: MutableMatrix<K.Element>, values: MutableMatrix<K.Element>
  ) {
    apply(to: x, rows: rows, queries: queries)
    apply(to: x, rows: rows, keys: keys, values: values)
  }

  /// Writes the queries of some tokens.
  func apply(to x: Matrix<K.Element>, rows: Range<Int>, queries: MutableMatrix<K.Element>) {
    let read = queryLatent?.applied(to: x)
    query.apply(to: read?.matrix ?? x, into: queries)
    clip(queries)
    queryNorm?.apply(to: queries)
    rotation?.turn(queries, rows: rows, dHead: plan.dHead, K.self)
  }

  /// Writes the keys and values of some tokens.
  func apply(
    to x: Matrix<K.Element>, rows: Range<Int>, keys: MutableMatrix<K.Element>,
    values: MutableMatrix<K.Element>
  ) {
    let read = keyValueLatent?.applied(to: x)
    value.apply(to: read?.matrix ?? x, into: values)
    if let sharedKey {
      join(key.applied(to: read?.matrix ?? x), sharedKey.applied(to: x), into: keys)
    } else {
      key.apply(to: read?.matrix ?? x, into: keys)
    }
    clip(keys)
    clip(values)
    keyNorm?.apply(to: keys)
    rotation?.turn(keys, rows: rows, dHead: plan.dHead, K.self)
  }

  private func clip(_ part: MutableMatrix<K.Element>) {
    guard let clip = plan.clip.map({ K.Element($0) }) else { return }
    K.clip(part, to: -clip...clip, adding: 0)
  }

  /// Puts each head's own numbers before those that all heads share.
  private func join(
    _ own: Tensor<K.Element>, _ shared: Tensor<K.Element>, into keys: MutableMatrix<K.Element>
  ) {
    let width = plan.dHead - shared.shape[1]
    for head in 0..<plan.kvHeads {
      let target = keys.columns(plan.columns(head))
      target.columns(0..<width).copy(from: own.matrix.columns(head * width..<(head + 1) * width))
      target.columns(width..<plan.dHead).copy(from: shared.matrix)
    }
  }
}
