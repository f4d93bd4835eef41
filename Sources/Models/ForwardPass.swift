import Tensors

/// How far a run is.
public struct Progress: Sendable, Hashable {
  /// Blocks done, and blocks in all.
  public let done, total: Int
}

/// Runs any plan: the only forward pass there is.
///
/// Goals, in this order: the reference's numbers; memory that grows with the prompt, not its square;
/// speed. Hence attention goes through tiles of queries, and everything else through slices of rows.
struct ForwardPass<K: Kernels> {
  private let plan: ModelPlan
  private let prompt: Prompt
  private var weights: WeightReader<K.Element>
  private var rotations: [RotaryPlan: Rotation<K.Element>] = [:]
  private let interventions: [Intervention]
  private let edits: Edits<K.Element>

  init(plan: ModelPlan, weights: Weights, prompt: Prompt, interventions: [Intervention] = []) {
    self.plan = plan
    self.prompt = prompt
    self.weights = WeightReader(weights)
    self.interventions = interventions
    edits = Edits(interventions)
  }

  /// Runs all blocks that an earlier run does not already answer for.
  ///
  /// - Parameters:
  ///   - base: A run of the same prompt.
  ///   - onProgress: Called before each block and after the last; what it throws ends the run.
  mutating func run(
    reusing base: Trace<K.Element>? = nil, onProgress: (Progress) throws -> Void
  ) throws -> Trace<K.Element> {
    let reused = base.map { ReusedRun($0, for: interventions) }
    let start = reused?.start ?? 0
    var residual = reused?.residual ?? embed()
    if start == 0 { try check(residual, block: nil) }
    edits.residual(start, &residual)
    var residuals = (reused?.residuals ?? []) + [residual]
    var attention = reused?.attention ?? []
    for (layer, block) in plan.blocks.enumerated().dropFirst(start) {
      try onProgress(Progress(done: layer, total: plan.layers))
      var layerTrace = reused?.layer(layer) ?? attend(layer, block, residual.matrix)
      edits.weightedValues(layer, block.attention, &layerTrace.weightedValues, K.self)
      transform(block, layerTrace.weightedValues.matrix, residual.mutableMatrix())
      attention.append(layerTrace)
      weights.releaseAll()
      try check(residual, block: layer)
      edits.residual(layer + 1, &residual)
      residuals.append(residual)
    }
    try onProgress(Progress(done: plan.layers, total: plan.layers))
    return Trace(
      prompt: prompt, plan: plan, residuals: residuals, attention: attention,
      interventions: interventions)
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

  /// What one block's attention reads and writes, before its output projection.
  private mutating func attend(
    _ layer: Int, _ block: BlockPlan, _ residual: Matrix<K.Element>
  ) -> LayerTrace<K.Element> {
    let plan = block.attention
    let norm = Norm<K>(block.attentionNorm, &weights)
    let (query, key) = (Linear<K>(plan.query, &weights), Linear<K>(plan.key, &weights))
    let value = Linear<K>(plan.value, &weights)
    var queries = Tensor<K.Element>(uninitialized: [residual.rows, plan.heads * plan.dHead])
    var keys = Tensor<K.Element>(uninitialized: [residual.rows, plan.kvHeads * plan.dHead])
    var values = keys
    let (q, k, v) = (queries.mutableMatrix(), keys.mutableMatrix(), values.mutableMatrix())
    let rotation = rotation(plan.position)
    Slices.forEach(residual.rows) { rows in
      let x = norm.applied(to: residual.rows(rows))
      query.apply(to: x.matrix, into: q.rows(rows))
      key.apply(to: x.matrix, into: k.rows(rows))
      value.apply(to: x.matrix, into: v.rows(rows))
      rotation?.turn(q.rows(rows), rows: rows, dHead: plan.dHead, K.self)
      rotation?.turn(k.rows(rows), rows: rows, dHead: plan.dHead, K.self)
    }
    edits.inputs(layer, plan, queries: q, keys: k, values: v)
    let weightedValues = Self.weightedValues(
      plan, queries: queries.matrix, keys: keys.matrix, values: values.matrix)
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

  /// Adds one block's attention and MLP to the residual stream.
  private mutating func transform(
    _ block: BlockPlan, _ weightedValues: Matrix<K.Element>, _ residual: MutableMatrix<K.Element>
  ) {
    let output = Linear<K>(block.attention.output, &weights)
    let norm = Norm<K>(block.mlpNorm, &weights)
    let mlp = MLP<K>(block.mlp, &weights)
    Slices.forEach(residual.rows) { rows in
      let target = residual.rows(rows)
      output.apply(to: weightedValues.rows(rows), adding: true, into: target)
      mlp.add(norm.applied(to: target.matrix).matrix, to: target)
    }
  }

  private mutating func rotation(_ position: PositionPlan) -> Rotation<K.Element>? {
    guard case .rotary(let plan) = position else { return nil }
    let rotation = rotations[plan] ?? Rotation(plan, seq: prompt.seq)
    rotations[plan] = rotation
    return rotation
  }

  /// A NaN is traced to the weight that holds it, instead of spreading over every map.
  private func check(_ residual: Tensor<K.Element>, block: Int?) throws {
    guard !K.allFinite(residual.matrix) else { return }
    let suspects = block.map { plan.blocks[$0].weights } ?? plan.embeddings
    throw weights.weights.firstNonFinite(among: suspects)
      ?? ModelError.residualNotFinite(checkpoint: weights.weights.checkpoint, block: block ?? 0)
  }
}
