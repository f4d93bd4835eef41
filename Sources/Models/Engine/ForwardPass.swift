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
///
/// Several variants of one prompt can run at once: then rows are `variants · seq`, one variant after the
/// other, and only attention keeps them apart.
struct ForwardPass<K: Kernels> {
  let plan: ModelPlan
  let prompt: Prompt
  var weights: WeightReader<K>
  /// What another stack made, which cross attention or the embedding reads; nil for one stack alone.
  let memory: Memory<K.Element>?
  private let variants: Int
  private var rotations: [RotaryPlan: Rotation<K.Element>] = [:]
  private var biases: [PositionPlan: ScoreBias<K.Element>] = [:]
  private let interventions: [Intervention]
  private let edits: Edits<K.Element>

  init(
    plan: ModelPlan, weights: Weights, prompt: Prompt, memory: Memory<K.Element>? = nil,
    interventions: [Intervention] = [], variants: Int = 1
  ) {
    self.plan = plan
    self.prompt = prompt
    self.memory = memory
    self.variants = variants
    self.weights = WeightReader(weights)
    self.interventions = interventions
    edits = Edits(interventions)
  }

  /// Runs all blocks that an earlier run does not already answer for.
  ///
  /// - Parameters:
  ///   - base: A run of the same prompt.
  ///   - file: Holds what is kept of every block as soon as it is done; nil for memory.
  ///   - onProgress: Called before each block and after the last; what it throws ends the run.
  mutating func run(
    reusing base: Trace<K.Element>? = nil, keeping file: KeptFile? = nil,
    onProgress: (Progress) throws -> Void
  ) throws -> Trace<K.Element> {
    let reused = base.map { ReusedRun($0, for: interventions) }
    let start = reused?.start ?? 0
    var residual = reused?.residual ?? embed()
    weights.releaseAll()
    if start == 0 { try check(residual, block: nil) }
    edits.residual(start, &residual)
    var residuals = reused?.residuals ?? []
    residuals.append(try kept(residual, in: file))
    var attention = reused?.attention ?? []
    var crossing = Crossing<K.Element>()
    for (layer, block) in plan.blocks.enumerated().dropFirst(start) {
      try onProgress(Progress(done: layer, total: plan.layers))
      var layerTrace: LayerTrace<K.Element>
      if let known = reused?.layer(layer) {
        layerTrace = known
        applyRules(layer, &layerTrace, residual.matrix)
      } else {
        layerTrace = attend(layer, block, residual.matrix)
      }
      if edits.changesWeightedValues(layer) {
        var z = layerTrace.weightedValues
        edits.weightedValues(layer, block.attention, z.mutableMatrix(), K.self)
        layerTrace.replaceWeightedValues(z, K.self)
      }
      if let cross = block.cross, let memory {
        let crossed = transform(
          layer, block, cross, reading: memory, layerTrace.weightedValues.matrix, &residual)
        crossing.append(
          (try kept(crossed.residual, in: file), try kept(crossed.trace, in: file)))
      } else {
        transform(block, layerTrace.weightedValues.matrix, &residual)
      }
      attention.append(try kept(layerTrace, in: file))
      weights.releaseAll()
      try check(residual, block: layer)
      edits.residual(layer + 1, &residual)
      residuals.append(try kept(residual, in: file))
    }
    try onProgress(Progress(done: plan.layers, total: plan.layers))
    return Trace(
      prompt: prompt, plan: plan, residuals: residuals, attention: attention,
      interventions: interventions,
      streams: crossing.streams(
        of: plan, prompt: prompt, memory: memory, last: residuals[plan.layers], file: file),
      file: file)
  }

  func kept(
    _ residual: Tensor<K.Element>, in file: KeptFile?
  ) throws -> Tensor<K.Element> { try file?.keep(residual) ?? residual }

  func kept(
    _ layer: LayerTrace<K.Element>, in file: KeptFile?
  ) throws -> LayerTrace<K.Element> { try file.map { try layer.moved(to: $0) } ?? layer }

  /// What one block's attention reads and writes, before its output projection.
  mutating func attend(
    _ layer: Int, _ block: BlockPlan, _ residual: Matrix<K.Element>
  ) -> LayerTrace<K.Element> {
    let plan = block.attention
    var (queries, keys, values) = project(block, residual, rows: 0..<residual.rows)
    let (q, k, v) = (queries.mutableMatrix(), keys.mutableMatrix(), values.mutableMatrix())
    edits.inputs(layer, plan, queries: q, keys: k, values: v)
    return layerTrace(layer, plan, queries, keys, values, reading: residual)
  }

  /// The queries, keys and values of some tokens, after position encoding.
  ///
  /// - Parameter rows: Where these tokens stand in the prompt; of several variants, in all of them.
  mutating func project(
    _ block: BlockPlan, _ residual: Matrix<K.Element>, rows: Range<Int>
  ) -> (queries: Tensor<K.Element>, keys: Tensor<K.Element>, values: Tensor<K.Element>) {
    let plan = block.attention
    let norm = block.attentionNorms.input.map { Norm<K>($0, width: self.plan.dModel, &weights) }
    let projections = Projections<K>(plan, rotation(plan.position), &weights)
    var queries = Tensor<K.Element>(uninitialized: [residual.rows, plan.heads * plan.dHead])
    var keys = Tensor<K.Element>(uninitialized: [residual.rows, plan.kvHeads * plan.dHead])
    var values = Tensor<K.Element>(uninitialized: [residual.rows, plan.kvHeads * plan.dValue])
    let (q, k, v) = (queries.mutableMatrix(), keys.mutableMatrix(), values.mutableMatrix())
    Slices.forEach(residual.rows) { part in
      let x = residual.rows(part)
      let read = norm?.applied(to: x)
      projections.apply(
        to: read?.matrix ?? x,
        rows: rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound,
        queries: q.rows(part), keys: k.rows(part), values: v.rows(part))
    }
    return (queries, keys, values)
  }

  /// What attention makes of a layer's queries, keys and values.
  private mutating func layerTrace(
    _ layer: Int, _ plan: AttentionPlan, _ queries: Tensor<K.Element>, _ keys: Tensor<K.Element>,
    _ values: Tensor<K.Element>, reading residual: Matrix<K.Element>
  ) -> LayerTrace<K.Element> {
    let (queries, keys, values) = (K.kept(queries), K.kept(keys), K.kept(values))
    let extras = extras(plan)
    let seq = prompt.seq
    let heads = (0..<variants * plan.heads).map { item in
      let rows = item / plan.heads * seq..<(item / plan.heads + 1) * seq
      return HeadAttention(
        plan, HeadIndex(layer: layer, head: item % plan.heads), queries: queries.matrix.rows(rows),
        keys: keys.matrix.rows(rows), values: values.matrix.rows(rows), extras: extras)
    }
    var weightedValues = Tensor<K.Element>(
      uninitialized: [residual.rows, plan.heads * plan.dValue])
    let sums = AttentionOutput<K>.fill(
      weightedValues.mutableMatrix(), heads: heads, seq: seq,
      ruled: edits.ruled(view(layer, heads, residual)))
    return LayerTrace(
      queries: queries, keys: keys, values: values, weightedValues: K.kept(weightedValues),
      extras: extras, sums: sums)
  }

  /// Makes the weighted values of those heads again that a rule stands in.
  private func applyRules(
    _ layer: Int, _ trace: inout LayerTrace<K.Element>, _ residual: Matrix<K.Element>
  ) {
    let heads = trace.heads(plan.blocks[layer].attention, layer)
    let ruled = edits.ruled(view(layer, heads, residual))
    guard !ruled.isEmpty else { return }
    var z = trace.weightedValues
    AttentionOutput<K>.fill(
      z.mutableMatrix(), heads: heads, seq: prompt.seq, only: ruled.keys.sorted(), ruled: ruled)
    trace.replaceWeightedValues(z, K.self)
  }

  /// A layer as rules see it.
  private func view(
    _ layer: Int, _ heads: [HeadAttention<K.Element>], _ residual: Matrix<K.Element>
  ) -> RuleLayer<K> {
    RuleLayer(
      heads: heads, layer: layer, layers: plan.layers, residual: residual, spans: prompt.spans,
      grid: prompt.grid)
  }

  /// Adds one block's attention and MLP to the residual stream, which becomes memory of its own.
  mutating func transform(
    _ block: BlockPlan, _ weightedValues: Matrix<K.Element>, _ residual: inout Tensor<K.Element>
  ) {
    let source = residual.matrix
    residual = Tensor(uninitialized: residual.shape)
    let stream = residual.mutableMatrix()
    let output = Linear<K>(block.attention.output, &weights)
    let (width, scale) = (plan.dModel, block.residualScale)
    let attention = Addition<K>(block.attentionNorms, scale: scale, width: width, &weights)
    let transformed = Addition<K>(block.mlpNorms, scale: scale, width: width, &weights)
    let norm = block.mlpNorms.input.map { Norm<K>($0, width: width, &weights) }
    /// What the MLP reads.
    @Sendable func normalised(_ x: Matrix<K.Element>) -> Tensor<K.Element> {
      norm?.applied(to: x) ?? x.copied
    }
    if case .experts(let plan) = block.mlp {
      stream.copy(from: source)
      let before = block.isParallel ? normalised(source) : nil
      attention.add(to: stream) { output.apply(to: weightedValues, adding: $1, into: $0) }
      let read = before ?? normalised(stream.matrix)
      let experts = Experts<K>(plan, &weights)
      transformed.add(to: stream) {
        experts.apply(to: read.matrix, adding: $1, into: $0, &weights)
      }
      return
    }
    let mlp = MLP<K>(block.mlp, &weights)
    Slices.forEach(stream.rows) { rows in
      let target = stream.rows(rows)
      target.copy(from: source.rows(rows))
      let before = block.isParallel ? normalised(target.matrix) : nil
      attention.add(to: target) {
        output.apply(to: weightedValues.rows(rows), adding: $1, into: $0)
      }
      guard let mlp else { return }
      let read = before ?? normalised(target.matrix)
      transformed.add(to: target) { mlp.apply(to: read.matrix, adding: $1, into: $0) }
    }
  }

  private mutating func rotation(_ position: PositionPlan) -> Rotation<K.Element>? {
    guard case .rotary(let plan) = position else { return nil }
    let rotation = rotations[plan] ?? Rotation(plan, seq: prompt.seq, copies: variants)
    rotations[plan] = rotation
    return rotation
  }

  /// What a layer's scores need besides queries and keys.
  mutating func extras(_ plan: AttentionPlan) -> ScoreExtras<K.Element> {
    var disentangled: DisentangledPositions<K.Element>?
    if case .disentangled(let positions) = plan.position {
      disentangled = DisentangledPositions(
        positions, seq: prompt.seq, weights: &weights, K.self)
    }
    return ScoreExtras(
      bias: bias(plan.position), sinks: plan.sinks.map { weights.tensor($0) },
      disentangled: disentangled)
  }

  private mutating func bias(_ position: PositionPlan) -> ScoreBias<K.Element>? {
    if let bias = biases[position] { return bias }
    let bias: ScoreBias<K.Element>
    switch position {
    case .alibi(let plan): bias = ScoreBias(plan, seq: prompt.seq)
    case .buckets(let plan):
      bias = ScoreBias(plan, table: weights.tensor(plan.table), seq: prompt.seq)
    case .none, .rotary, .disentangled: return nil
    }
    biases[position] = bias
    return bias
  }

  /// A NaN is traced to the weight that holds it, instead of spreading over every map.
  func check(_ residual: Tensor<K.Element>, block: Int?) throws {
    try Cancellation.check()
    let stream = residual.matrix
    guard !Slices.allSatisfy(stream.rows, { K.allFinite(stream.rows($0)) }) else { return }
    let suspects = block.map { plan.blocks[$0].weights } ?? plan.embedding.weights
    throw weights.weights.firstNonFinite(among: suspects)
      ?? ModelError.residualNotFinite(checkpoint: weights.weights.checkpoint, block: block ?? 0)
  }
}
