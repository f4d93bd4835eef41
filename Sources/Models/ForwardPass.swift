import Tensors

/// How far a run is.
public struct Progress: Sendable, Hashable {
  /// Blocks done, and blocks in all.
  public let done, total: Int
}

/// Runs any plan: the only forward pass there is.
///
/// Goals, in this order: the reference's numbers; memory that grows with the prompt, not its square;
/// speed. Hence attention goes through tiles of queries, and the MLP through slices of rows.
struct ForwardPass<K: Kernels> {
  private let plan: ModelPlan
  private let prompt: Prompt
  private var weights: WeightReader<K.Element>
  private var rotations: [RotaryPlan: Rotation<K.Element>] = [:]

  /// Rows of the MLP that are computed at once.
  private static var mlpRows: Int { 1024 }

  init(plan: ModelPlan, weights: Weights, prompt: Prompt) {
    self.plan = plan
    self.prompt = prompt
    self.weights = WeightReader(weights)
  }

  /// Runs all blocks.
  ///
  /// - Parameter onProgress: Called before each block and after the last; what it throws ends the run.
  mutating func run(onProgress: (Progress) throws -> Void) throws -> Trace<K.Element> {
    var residual = embed()
    try check(residual, block: nil)
    var residuals = [residual]
    var attention: [LayerTrace<K.Element>] = []
    for (layer, block) in plan.blocks.enumerated() {
      try onProgress(Progress(done: layer, total: plan.layers))
      attention.append(attend(block, &residual))
      transform(block, &residual)
      weights.releaseAll()
      try check(residual, block: layer)
      residuals.append(residual)
    }
    try onProgress(Progress(done: plan.layers, total: plan.layers))
    return Trace(prompt: prompt, plan: plan, residuals: residuals, attention: attention)
  }

  /// Token embeddings, and position embeddings where the plan has them: `[seq, dModel]`.
  private func embed() -> Tensor<K.Element> {
    var residual = Tensor<K.Element>(uninitialized: [prompt.seq, plan.dModel])
    let target = residual.mutableMatrix()
    for (position, id) in prompt.ids.enumerated() {
      // Only the rows that the prompt names are widened.
      if let row = weights.weights[plan.tokenEmbedding].rows(id..<id + 1)
        .widened(to: K.Element.self)
      {
        target.rows(position..<position + 1).copy(from: row.matrix)
      }
    }
    if let embedding = plan.positionEmbedding,
      let rows = weights.weights[embedding].rows(0..<prompt.seq).widened(to: K.Element.self)
    {
      K.add(rows.matrix, to: target)
    }
    return residual
  }

  /// Adds one block's attention to the residual stream.
  private mutating func attend(
    _ block: BlockPlan, _ residual: inout Tensor<K.Element>
  ) -> LayerTrace<K.Element> {
    let attention = block.attention
    let x = normalized(residual.matrix, block.attentionNorm)
    var queries = applied(attention.query, to: x.matrix)
    var keys = applied(attention.key, to: x.matrix)
    let values = applied(attention.value, to: x.matrix)
    if case .rotary(let rotary) = attention.position {
      rotate(&queries, rotary, dHead: attention.dHead)
      rotate(&keys, rotary, dHead: attention.dHead)
    }
    let weightedValues = Self.weightedValues(
      attention, queries: queries.matrix, keys: keys.matrix, values: values.matrix)
    apply(
      attention.output, to: weightedValues.matrix, adding: true, into: residual.mutableMatrix())
    return LayerTrace(
      queries: queries, keys: keys, values: values, weightedValues: weightedValues)
  }

  /// Pattern · values of every head, one tile of queries at a time: `[seq, heads · dHead]`.
  private static func weightedValues(
    _ plan: AttentionPlan, queries: Matrix<K.Element>, keys: Matrix<K.Element>,
    values: Matrix<K.Element>
  ) -> Tensor<K.Element> {
    let seq = queries.rows
    let step = AttentionTiling.rowsPerTile(seq: seq)
    let tiles = (seq + step - 1) / step
    var result = Tensor<K.Element>(uninitialized: [seq, plan.heads * plan.dHead])
    let target = result.mutableMatrix()
    Parallel.forEach(tiles * plan.heads) { item in
      // The last queries see the most keys: they go first, so that no thread ends with a long one.
      let start = (tiles - 1 - item / plan.heads) * step
      let rows = start..<min(seq, start + step)
      let head = item % plan.heads
      let (own, shared) = (plan.columns(head), plan.columns(plan.kvHead(of: head)))
      let weights = AttentionWeights<K>.weights(
        plan, queries: queries.columns(own), keys: keys.columns(shared), rows: rows)
      K.multiply(
        weights.matrix, values.window(rows: 0..<weights.shape[1], columns: shared),
        transposed: false, scale: 1, adding: false,
        into: target.window(rows: rows, columns: own))
    }
    return result
  }

  /// Adds one block's MLP to the residual stream.
  private mutating func transform(_ block: BlockPlan, _ residual: inout Tensor<K.Element>) {
    let target = residual.mutableMatrix()
    for start in stride(from: 0, to: prompt.seq, by: Self.mlpRows) {
      let rows = target.rows(start..<min(prompt.seq, start + Self.mlpRows))
      let x = normalized(rows.matrix, block.mlpNorm)
      switch block.mlp {
      case .plain(let up, let down, let activation):
        let hidden = applied(up, to: x.matrix, activation: activation)
        apply(down, to: hidden.matrix, adding: true, into: rows)
      case .gated(let gate, let up, let down, let activation):
        var hidden = applied(gate, to: x.matrix, activation: activation)
        K.multiply(hidden.mutableMatrix(), by: applied(up, to: x.matrix).matrix)
        apply(down, to: hidden.matrix, adding: true, into: rows)
      }
    }
  }

  private mutating func normalized(
    _ x: Matrix<K.Element>, _ norm: NormPlan
  ) -> Tensor<K.Element> {
    norm.applied(to: x, K.self) { weights.tensor($0) }
  }

  /// `x · W + b`, activated: `[rows, outputs]`.
  private mutating func applied(
    _ linear: LinearPlan, to x: Matrix<K.Element>, activation: Activation? = nil
  ) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [x.rows, linear.outputs.count])
    apply(linear, to: x, activation: activation, adding: false, into: result.mutableMatrix())
    return result
  }

  private mutating func apply(
    _ linear: LinearPlan, to x: Matrix<K.Element>, activation: Activation? = nil, adding: Bool,
    into y: MutableMatrix<K.Element>
  ) {
    let matrix = weights.tensor(linear.weight).matrix
    let transposed = linear.layout == .outputsFirst
    let bias = linear.bias.map { weights.tensor($0).matrix.columns(linear.outputs) }
    K.linear(
      x, transposed ? matrix.rows(linear.outputs) : matrix.columns(linear.outputs),
      transposed: transposed, bias: bias, activation: activation, adding: adding, into: y)
  }

  private mutating func rotate(
    _ heads: inout Tensor<K.Element>, _ plan: RotaryPlan, dHead: Int
  ) {
    let rotation = rotations[plan] ?? Rotation(plan, seq: prompt.seq)
    rotations[plan] = rotation
    let all = heads.mutableMatrix()
    for start in stride(from: 0, to: all.columns, by: dHead) {
      K.rotate(
        all.columns(start..<start + dHead), cosines: rotation.cosines.matrix,
        sines: rotation.sines.matrix)
    }
  }

  /// A NaN is traced to the weight that holds it, instead of spreading over every map.
  private func check(_ residual: Tensor<K.Element>, block: Int?) throws {
    guard !K.allFinite(residual.matrix) else { return }
    let suspects = block.map { plan.blocks[$0].weights } ?? plan.embeddings
    throw weights.weights.firstNonFinite(among: suspects)
      ?? ModelError.residualNotFinite(checkpoint: weights.weights.checkpoint, block: block ?? 0)
  }
}

extension NormPlan {
  /// The normalised rows of `x`, `[rows, dModel]`.
  func applied<K: Kernels>(
    to x: Matrix<K.Element>, _: K.Type, weight: (WeightPlan) -> Tensor<K.Element>
  ) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [x.rows, x.columns])
    let (gain, target) = (weight(gain), result.mutableMatrix())
    switch kind {
    case .layer(let bias):
      K.layerNorm(
        x, gain: gain, bias: weight(bias), epsilon: K.Element(epsilon), into: target)
    case .rms:
      K.rmsNorm(x, gain: gain, epsilon: K.Element(epsilon), into: target)
    }
    return result
  }
}
