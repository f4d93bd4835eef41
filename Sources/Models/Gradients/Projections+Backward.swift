import Tensors

extension Projections {
  /// Adds the gradient of what attention reads, from that of its queries.
  ///
  /// - Parameters:
  ///   - x: What it reads, `[rows, dModel]`.
  ///   - rows: Where these tokens stand in the prompt.
  ///   - queries: The gradient of queries after position encoding; overwritten.
  ///   - turning: The transpose of the position encoding.
  func addGradient(
    _ x: Matrix<K.Element>, rows: Range<Int>, queries: MutableMatrix<K.Element>,
    turning: Rotation<K.Element>?, to result: MutableMatrix<K.Element>
  ) {
    turning?.turn(queries, rows: rows, dHead: plan.dHead, K.self)
    let read = queryLatent?.applied(to: x)
    undo(queryNorm, query, read?.matrix ?? x, queries)
    add(query.gradient(queries.matrix), queryLatent, x, to: result)
  }

  /// Adds the gradient of what attention reads, from that of its keys and values; both are overwritten.
  func addGradient(
    _ x: Matrix<K.Element>, rows: Range<Int>, keys: MutableMatrix<K.Element>,
    values: MutableMatrix<K.Element>, turning: Rotation<K.Element>?,
    to result: MutableMatrix<K.Element>
  ) {
    turning?.turn(keys, rows: rows, dHead: plan.dHead, K.self)
    let read = keyValueLatent?.applied(to: x)
    // Keys with a shared part have neither norm nor clip of their own.
    if sharedKey == nil { undo(keyNorm, key, read?.matrix ?? x, keys) }
    undo(nil, value, read?.matrix ?? x, values)
    let own = split(keys, x, to: result)
    var back = key.gradient(own.matrix)
    value.addGradient(values.matrix, to: back.mutableMatrix())
    add(back, keyValueLatent, x, to: result)
  }

  /// Back through norm and clip, in place.
  ///
  /// - Parameter read: What the projection read.
  private func undo(
    _ norm: HeadNorm<K>?, _ linear: Linear<K>, _ read: Matrix<K.Element>,
    _ gradient: MutableMatrix<K.Element>
  ) {
    guard norm != nil || plan.clip != nil else { return }
    let before = linear.applied(to: read)
    var clipped = before
    let clip = plan.clip.map { K.Element($0) }
    if let clip { K.clip(clipped.mutableMatrix(), to: -clip...clip, adding: 0) }
    if let norm { gradient.copy(from: norm.gradient(clipped.matrix, gradient.matrix).matrix) }
    if let clip { K.differentiateClip(before.matrix, to: -clip...clip, gradient: gradient) }
  }

  /// Adds a gradient of the residual stream, or of a narrow vector made of it.
  private func add(
    _ gradient: Tensor<K.Element>, _ latent: Latent<K>?, _ x: Matrix<K.Element>,
    to result: MutableMatrix<K.Element>
  ) {
    if let latent {
      latent.addGradient(x, gradient.matrix, to: result)
    } else {
      K.add(gradient.matrix, to: result)
    }
  }

  /// The gradient of each head's own part of its key; that of the part that all share is passed on.
  private func split(
    _ keys: MutableMatrix<K.Element>, _ x: Matrix<K.Element>, to result: MutableMatrix<K.Element>
  ) -> Tensor<K.Element> {
    guard let sharedKey else { return keys.matrix.copied }
    let width = plan.dHead - sharedKey.outputCount
    var own = Tensor<K.Element>(uninitialized: [x.rows, plan.kvHeads * width])
    var shared = Tensor<K.Element>(repeating: 0, shape: [x.rows, sharedKey.outputCount])
    for head in 0..<plan.kvHeads {
      let key = keys.matrix.columns(plan.columns(head))
      own.mutableMatrix().columns(head * width..<(head + 1) * width)
        .copy(from: key.columns(0..<width))
      K.add(key.columns(width..<plan.dHead), to: shared.mutableMatrix())
    }
    sharedKey.addGradient(shared.matrix, to: result)
    return own
  }
}
