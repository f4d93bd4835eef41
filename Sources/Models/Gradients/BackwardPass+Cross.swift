import Tensors

/// Attention to what another stack made.
extension BackwardPass {
  /// Back through the MLP and the cross attention before it, where a block has one: `gradient` becomes
  /// that of the residual stream that cross attention read.
  ///
  /// - Returns: Whether there is one.
  mutating func differentiateCross(
    _ layer: Int, _ block: BlockPlan, _ mlp: MLPHalf<K>, _ gradient: MutableMatrix<K.Element>,
    _ extra: MutableMatrix<K.Element>
  ) -> Bool {
    guard let cross = block.cross, let memory, let run = trace.stream(.cross) else { return false }
    let half = AttentionHalf<K>(
      cross.attention.output, cross.norms, scale: block.residualScale, width: plan.dModel,
      &weights)
    let x = run.residuals[layer].matrix
    let z = run.attention[layer].weightedValues.matrix
    let forZ = differentiate(half, then: mlp, x, z, gradient, extra)
    let edits = Edits<K.Element>(run.interventions)
    var edited = forZ
    edits.differentiateWeightedValues(layer, cross.attention, edited.mutableMatrix(), K.self)
    let heads = run.plan.heads(inLayer: layer).map(run.attention)
    let ruled = edits.ruled(
      RuleLayer<K>(
        heads: heads, layer: layer, layers: plan.layers, residual: x, spans: trace.prompt.spans,
        grid: nil))
    var attention = AttentionBackward<K>(heads, cross.attention, edited.matrix, ruled: ruled)
    let (q, k) = (attention.queries.mutableMatrix(), attention.keys.mutableMatrix())
    let v = attention.values.mutableMatrix()
    edits.differentiateInputs(layer, cross.attention, queries: q, keys: k, values: v)
    let projections = Projections<K>(cross.attention, nil, &weights)
    let norm = cross.norms.input.map { Norm<K>($0, width: plan.dModel, &weights) }
    Slices.forEach(x.rows) { rows in
      let entering = x.rows(rows)
      let read = norm?.applied(to: entering)
      var back = Tensor<K.Element>(repeating: 0, shape: [rows.count, x.columns])
      projections.addGradient(
        read?.matrix ?? entering, rows: rows, queries: q.rows(rows), turning: nil,
        to: back.mutableMatrix())
      if let norm {
        norm.addGradient(entering, back.matrix, to: gradient.rows(rows))
      } else {
        K.add(back.matrix, to: gradient.rows(rows))
      }
    }
    var forMemory = memory.gradient
    let (target, output) = (forMemory.mutableMatrix(), memory.output.matrix)
    Slices.forEach(output.rows) { rows in
      projections.addGradient(
        output.rows(rows), rows: rows, keys: k.rows(rows), values: v.rows(rows), turning: nil,
        to: target.rows(rows))
    }
    self.memory?.gradient = forMemory
    crossing.residuals.append(gradient.matrix.copied)
    crossing.weightedValues.append(forZ)
    return true
  }

  /// What was found out about cross attention, as a stream; none without it.
  func crossGradients(value: Double) -> [StreamName: Gradients<K.Element>] {
    guard let run = trace.stream(.cross), let last = run.residuals.last,
      !crossing.residuals.isEmpty
    else { return [:] }
    // What leaves the last block is no part of cross attention.
    let none = Tensor<K.Element>(repeating: 0, shape: last.shape)
    return [
      .cross: Gradients(
        trace: run, value: value, residuals: crossing.residuals.reversed() + [none],
        weightedValues: crossing.weightedValues.reversed(), streams: [:])
    ]
  }
}

/// The stack that another one reads.
extension Model {
  /// What a run's second stack read of its first one; nil for a run without.
  func memory<K: Kernels>(of trace: Trace<K.Element>, on _: K.Type) -> Memory<K.Element>? {
    guard let encoder = plan.encoder, let encoded = trace.stream(.encoder),
      let last = encoded.residuals.last
    else { return nil }
    return memory(encoder, encoded.prompt, last.matrix, on: K.self)
  }

  /// Goes on into the stack that a run has read; nil where it has read none.
  ///
  /// - Parameters:
  ///   - trace: The run that read it.
  ///   - entering: The gradient of the residual stream that enters that run.
  ///   - memory: The gradient of what its cross attention read; nil for none.
  func encoderGradients<K: Kernels>(
    of trace: Trace<K.Element>, value: Double, entering: Tensor<K.Element>,
    memory: Tensor<K.Element>?, on _: K.Type, onProgress: (Progress) throws -> Void
  ) throws -> Gradients<K.Element>? {
    guard let encoded = trace.stream(.encoder), let last = encoded.residuals.last else {
      return nil
    }
    var reader = WeightReader<K>(weights)
    var gradient = Tensor<K.Element>(repeating: 0, shape: last.shape)
    let target = gradient.mutableMatrix()
    switch plan.encoder {
    case .attended(let first, _):
      guard let memory else { return nil }
      if let norm = first.head.norm {
        Norm<K>(norm, width: first.dModel, &reader).addGradient(
          last.matrix, memory.matrix, to: target)
      } else {
        target.copy(from: memory.matrix)
      }
    case .inserted(_, let insertion):
      guard let projector = MLP<K>(insertion.projector, &reader) else { return nil }
      let places = trace.prompt.ids.indices.filter { trace.prompt.ids[$0] == insertion.token }
      let patches = insertion.dropping..<last.shape[0]
      var inserted = Tensor<K.Element>(uninitialized: [patches.count, plan.dModel])
      for (row, place) in places.enumerated() {
        inserted.mutableMatrix().rows(row..<row + 1).copy(
          from: entering.matrix.rows(place..<place + 1))
      }
      projector.addGradient(last.matrix.rows(patches), inserted.matrix, to: target.rows(patches))
    case .beside, nil: return nil
    }
    var pass = BackwardPass<K>(encoded, weights: weights)
    return try pass.run(value: value, gradient, onProgress: onProgress)
  }
}
