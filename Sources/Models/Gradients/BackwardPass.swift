import Tensors

/// Differentiates a run of any plan: the only backward pass there is.
///
/// A block's inner activations are computed again from the residual stream that entered it, so that a run
/// keeps nothing for the sake of gradients.
struct BackwardPass<K: Kernels> {
  private let trace: Trace<K.Element>
  private let plan: ModelPlan
  private var weights: WeightReader<K>
  private var rotations: [RotaryPlan: (Rotation<K.Element>, transposed: Rotation<K.Element>)] = [:]
  private let edits: Edits<K.Element>

  init(_ trace: Trace<K.Element>, weights: Weights) {
    self.trace = trace
    plan = trace.plan
    self.weights = WeightReader(weights)
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
      weightedValues: weightedValues.reversed())
  }

  /// Turns the gradient of what leaves a block into that of what enters it.
  ///
  /// - Returns: The gradient of the block's weighted values.
  private mutating func differentiate(
    _ layer: Int, _ block: BlockPlan, _ gradient: inout Tensor<K.Element>
  ) -> Tensor<K.Element> {
    let entering = trace.residuals[layer].matrix
    // Of what enters the block, apart from what `gradient` becomes of it.
    var extra = Tensor<K.Element>(repeating: 0, shape: gradient.shape)
    let (g, added) = (gradient.mutableMatrix(), extra.mutableMatrix())
    let forZ = differentiateHalves(layer, block, entering, g, added)

    var attention = AttentionBackward<K>(heads(layer), block.attention, forZ.edited.matrix)
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
      projections.addGradient(
        read?.matrix ?? x, rows: rows, queries: q.rows(rows), keys: k.rows(rows),
        values: v.rows(rows), turning: rotation?.transposed, to: back.mutableMatrix())
      if let norm {
        norm.addGradient(x, back.matrix, to: g.rows(rows))
      } else {
        K.add(back.matrix, to: g.rows(rows))
      }
    }
    K.add(added.matrix, to: g)
    return forZ.kept
  }

  /// Back through MLP and output projection: `gradient` becomes that of what enters the block along the
  /// residual stream, `extra` what an MLP beside attention adds to it.
  ///
  /// - Returns: The gradient of weighted values as they were projected, and as attention made them.
  private mutating func differentiateHalves(
    _ layer: Int, _ block: BlockPlan, _ entering: Matrix<K.Element>,
    _ gradient: MutableMatrix<K.Element>, _ extra: MutableMatrix<K.Element>
  ) -> (kept: Tensor<K.Element>, edited: Tensor<K.Element>) {
    let z = trace.attention[layer].weightedValues.matrix
    let output = Linear<K>(block.attention.output, &weights)
    let width = plan.dModel
    let first = Addition<K>(
      block.attentionNorms, scale: block.residualScale, width: width, &weights)
    let second = Addition<K>(block.mlpNorms, scale: block.residualScale, width: width, &weights)
    let half = MLPHalf<K>(
      norm: block.mlpNorms.input.map { Norm<K>($0, width: width, &weights) },
      mlp: MLP<K>(block.mlp, &weights), experts: experts(block.mlp), addition: second,
      isParallel: block.isParallel)
    var forZ = Tensor<K.Element>(uninitialized: [z.rows, z.columns])
    let target = forZ.mutableMatrix()
    /// Some rows.
    @Sendable func differentiate(_ rows: Range<Int>, _ mlp: (MLPHalf<K>.Rows) -> Void) {
      let (x, g) = (entering.rows(rows), gradient.rows(rows))
      let part = output.applied(to: z.rows(rows))
      let sum = first.sum(x, part.matrix)
      let middle = first.finished(sum)
      mlp(
        MLPHalf<K>.Rows(
          entering: x, middle: middle.matrix, gradient: g, extra: extra.rows(rows)))
      first.differentiateStream(sum.matrix, g)
      let back = output.gradient(first.partGradient(part.matrix, g.matrix).matrix)
      target.rows(rows).copy(from: back.matrix)
    }
    if half.experts != nil {
      var reader = weights
      differentiate(0..<z.rows) { half.differentiate($0, &reader) }
      weights = reader
    } else {
      Slices.forEach(z.rows) { rows in differentiate(rows) { half.differentiate($0) } }
    }
    var edited = forZ
    if edits.changesWeightedValues(layer) {
      edits.differentiateWeightedValues(layer, block.attention, edited.mutableMatrix(), K.self)
    }
    return (forZ, edited)
  }

  private mutating func experts(_ plan: MLPPlan) -> Experts<K>? {
    guard case .experts(let plan) = plan else { return nil }
    return Experts<K>(plan, &weights)
  }

  private func heads(_ layer: Int) -> [HeadAttention<K.Element>] {
    plan.heads(inLayer: layer).map(trace.attention)
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

/// The second half of a block, with its weights at hand.
struct MLPHalf<K: Kernels>: Sendable {
  /// Some rows of a block.
  struct Rows {
    /// The residual stream as it enters the block, and between its halves.
    let entering, middle: Matrix<K.Element>
    /// Of what leaves the block; becomes that of `middle`.
    let gradient: MutableMatrix<K.Element>
    /// Takes what belongs to `entering`.
    let extra: MutableMatrix<K.Element>
  }

  let norm: Norm<K>?
  let mlp: MLP<K>?
  let experts: Experts<K>?
  let addition: Addition<K>
  let isParallel: Bool

  /// Back through an MLP that every token passes through.
  func differentiate(_ rows: Rows) {
    guard let mlp else { return }
    differentiate(rows) { read, part in
      mlp.apply(to: read, adding: false, into: part)
    } back: { read, gradient, result in
      mlp.addGradient(read, gradient, to: result)
    }
  }

  /// Back through experts.
  func differentiate(_ rows: Rows, _ weights: inout WeightReader<K>) {
    guard let experts else { return }
    differentiate(rows) { read, part in
      experts.apply(to: read, adding: false, into: part, &weights)
    } back: { read, gradient, result in
      experts.addGradient(read, gradient, to: result, &weights)
    }
  }

  private func differentiate(
    _ rows: Rows, forward: (Matrix<K.Element>, MutableMatrix<K.Element>) -> Void,
    back: (Matrix<K.Element>, Matrix<K.Element>, MutableMatrix<K.Element>) -> Void
  ) {
    let x = isParallel ? rows.entering : rows.middle
    let read = norm?.applied(to: x)
    var part = Tensor<K.Element>(uninitialized: [x.rows, x.columns])
    if addition.output != nil || addition.stream != nil {
      forward(read?.matrix ?? x, part.mutableMatrix())
    }
    if addition.stream != nil {
      addition.differentiateStream(addition.sum(rows.middle, part.matrix).matrix, rows.gradient)
    }
    let forPart = addition.partGradient(part.matrix, rows.gradient.matrix)
    var forRead = Tensor<K.Element>(repeating: 0, shape: [x.rows, x.columns])
    back(read?.matrix ?? x, forPart.matrix, forRead.mutableMatrix())
    let target = isParallel ? rows.extra : rows.gradient
    if let norm {
      norm.addGradient(x, forRead.matrix, to: target)
    } else {
      K.add(forRead.matrix, to: target)
    }
  }
}
