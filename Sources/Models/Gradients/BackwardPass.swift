import Tensors

/// Differentiates a run of any plan: the only backward pass there is.
///
/// A block's inner activations are computed again from the residual stream that entered it, so that a run
/// keeps nothing for the sake of gradients.
struct BackwardPass<K: Kernels> {
  let trace: Trace<K.Element>
  let plan: ModelPlan
  var weights: WeightReader<K>
  /// What another stack made and this one's cross attention reads, and the gradient of it.
  var memory: (output: Tensor<K.Element>, gradient: Tensor<K.Element>)?
  /// What is found out about cross attention, the last layer first.
  var crossing: (residuals: [Tensor<K.Element>], weightedValues: [Tensor<K.Element>]) = ([], [])
  private var rotations: [RotaryPlan: (Rotation<K.Element>, transposed: Rotation<K.Element>)] = [:]
  private let edits: Edits<K.Element>

  /// - Parameter memory: What cross attention read; nil for a stack without.
  init(_ trace: Trace<K.Element>, weights: Weights, memory: Tensor<K.Element>? = nil) {
    self.trace = trace
    plan = trace.plan
    self.weights = WeightReader(weights)
    self.memory = memory.map { ($0, Tensor(repeating: 0, shape: $0.shape)) }
    edits = Edits(trace.interventions)
  }

  /// Goes through all blocks, the last one first.
  ///
  /// - Parameters:
  ///   - value: The scalar.
  ///   - gradient: Of the residual stream after the last block.
  mutating func run(
    value: Double, _ gradient: Tensor<K.Element>, onProgress: (Progress) throws -> Void
  ) throws -> Gradients<K.Element> {
    var gradient = gradient
    var residuals = [gradient]
    var weightedValues: [Tensor<K.Element>] = []
    edits.differentiateResidual(plan.layers, gradient.mutableMatrix())
    for (layer, block) in plan.blocks.enumerated().reversed() {
      try onProgress(Progress(done: plan.layers - 1 - layer, total: plan.layers))
      weightedValues.append(differentiate(layer, block, &gradient))
      weights.releaseAll()
      residuals.append(gradient)
      edits.differentiateResidual(layer, gradient.mutableMatrix())
    }
    try onProgress(Progress(done: plan.layers, total: plan.layers))
    return Gradients(
      trace: trace, value: value, residuals: residuals.reversed(),
      weightedValues: weightedValues.reversed(), streams: crossGradients(value: value))
  }

  /// Turns the gradient of what leaves a block into that of what enters it.
  ///
  /// - Returns: The gradient of the block's weighted values as they were projected.
  private mutating func differentiate(
    _ layer: Int, _ block: BlockPlan, _ gradient: inout Tensor<K.Element>
  ) -> Tensor<K.Element> {
    let entering = trace.residuals[layer].matrix
    // Of what enters the block, apart from what `gradient` becomes of it.
    var extra = Tensor<K.Element>(repeating: 0, shape: gradient.shape)
    let (g, added) = (gradient.mutableMatrix(), extra.mutableMatrix())
    let half = AttentionHalf<K>(
      block.attention.output, block.attentionNorms, scale: block.residualScale,
      width: plan.dModel, &weights)
    let z = trace.attention[layer].weightedValues.matrix
    let mlp = MLPHalf<K>(block, width: plan.dModel, &weights)
    let isCrossed = differentiateCross(layer, block, mlp, g, added)
    let forZ = differentiate(half, then: isCrossed ? nil : mlp, entering, z, g, added)

    var edited = forZ
    if edits.changesWeightedValues(layer) {
      edits.differentiateWeightedValues(layer, block.attention, edited.mutableMatrix(), K.self)
    }
    let heads = plan.heads(inLayer: layer).map(trace.attention)
    var attention = AttentionBackward<K>(heads, block.attention, edited.matrix)
    let (q, k) = (attention.queries.mutableMatrix(), attention.keys.mutableMatrix())
    let v = attention.values.mutableMatrix()
    edits.differentiateInputs(layer, block.attention, queries: q, keys: k, values: v)
    let rotation = rotation(block.attention.position)
    let projections = Projections<K>(block.attention, rotation?.forward, &weights)
    let norm = block.attentionNorms.input.map { Norm<K>($0, width: plan.dModel, &weights) }
    Slices.forEach(entering.rows) { rows in
      let x = entering.rows(rows)
      let read = norm?.applied(to: x)
      var back = Tensor<K.Element>(repeating: 0, shape: [rows.count, x.columns])
      let target = back.mutableMatrix()
      projections.addGradient(
        read?.matrix ?? x, rows: rows, queries: q.rows(rows), turning: rotation?.transposed,
        to: target)
      projections.addGradient(
        read?.matrix ?? x, rows: rows, keys: k.rows(rows), values: v.rows(rows),
        turning: rotation?.transposed, to: target)
      if let norm {
        norm.addGradient(x, back.matrix, to: g.rows(rows))
      } else {
        K.add(back.matrix, to: g.rows(rows))
      }
    }
    K.add(added.matrix, to: g)
    return forZ
  }

  /// Back through an output projection and the MLP that may follow it: `gradient` becomes that of what
  /// enters along the residual stream, `extra` what an MLP beside attention adds to it.
  ///
  /// - Parameters:
  ///   - mlp: nil when something else follows.
  ///   - x: The residual stream that attention reads.
  ///   - z: Its weighted values as they are projected.
  /// - Returns: The gradient of `z`.
  mutating func differentiate(
    _ half: AttentionHalf<K>, then mlp: MLPHalf<K>?, _ x: Matrix<K.Element>,
    _ z: Matrix<K.Element>, _ gradient: MutableMatrix<K.Element>, _ extra: MutableMatrix<K.Element>
  ) -> Tensor<K.Element> {
    var forZ = Tensor<K.Element>(uninitialized: [z.rows, z.columns])
    let target = forZ.mutableMatrix()
    /// Some rows.
    @Sendable func differentiate(_ rows: Range<Int>, _ mlp: (MLPHalf<K>.Rows) -> Void) {
      let (x, g) = (x.rows(rows), gradient.rows(rows))
      let forward = half.forward(x, z.rows(rows))
      mlp(
        MLPHalf<K>.Rows(
          entering: x, middle: forward.after.matrix, gradient: g, extra: extra.rows(rows)))
      target.rows(rows).copy(from: half.differentiate(forward, g).matrix)
    }
    if let mlp, mlp.experts != nil {
      var reader = weights
      differentiate(0..<z.rows) { mlp.differentiate($0, &reader) }
      weights = reader
    } else {
      Slices.forEach(z.rows) { rows in differentiate(rows) { mlp?.differentiate($0) } }
    }
    return forZ
  }

  private mutating func rotation(
    _ position: PositionPlan
  ) -> (forward: Rotation<K.Element>, transposed: Rotation<K.Element>)? {
    guard case .rotary(let plan) = position else { return nil }
    let pair =
      rotations[plan]
      ?? (Rotation(plan, seq: trace.seq), Rotation(plan, seq: trace.seq, .transposed))
    rotations[plan] = pair
    return (pair.0, pair.transposed)
  }
}
