import Tensors
import Tokenizers

extension Model {
  /// Continues a run by more tokens.
  ///
  /// Where no query sees a later key, what stands before stays as it is, and only the new tokens are run: the
  /// result is that of running all tokens, up to the order in which products add. Any other model, and a run
  /// that was changed, is run anew.
  ///
  /// - Parameters:
  ///   - base: A run of this model.
  ///   - tokens: What follows its prompt.
  /// - Throws: What `run` throws.
  /// - Complexity: A forward pass of the new tokens, and a copy of what the earlier run keeps.
  public func run<Element: Scalar>(
    continuing base: Trace<Element>, with tokens: [Token],
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> Trace<Element> {
    let prompt = base.prompt.continued(with: tokens)
    guard plan.canContinue(from: base.seq, to: prompt.seq), base.plan == plan,
      base.interventions.isEmpty, base.rules.isEmpty
    else { return try run(prompt, onProgress: onProgress) }
    try check(prompt)
    if multipliesBFloat16 {
      var pass = ForwardPass<Element.RoundingKernels>(plan: plan, weights: weights, prompt: prompt)
      return try pass.run(continuing: base, onProgress: onProgress)
    }
    var pass = ForwardPass<Element.PreferredKernels>(plan: plan, weights: weights, prompt: prompt)
    return try pass.run(continuing: base, onProgress: onProgress)
  }
}

extension ModelPlan {
  /// Whether the first tokens of a longer prompt are run as the prompt that they are alone: no query sees a
  /// later key, and no position depends on the number of tokens.
  func canContinue(from seq: Int, to longer: Int) -> Bool {
    encoder == nil && embedding.patches == nil
      && blocks.allSatisfy { block in
        guard block.cross == nil, block.attention.mask.isCausal else { return false }
        guard case .rotary(let rotary) = block.attention.position else { return true }
        return rotary.frequencies(seq: seq) == rotary.frequencies(seq: longer)
      }
  }
}

extension ForwardPass {
  /// Runs the tokens that follow an earlier run's.
  mutating func run(
    continuing base: Trace<K.Element>, onProgress: (Progress) throws -> Void
  ) throws -> Trace<K.Element> {
    let added = base.seq..<prompt.seq
    var residual = embed().matrix.rows(added).copied
    weights.releaseAll()
    try check(residual, block: nil)
    var residuals = [Self.joined(base.residuals[0], residual)]
    var attention: [LayerTrace<K.Element>] = []
    for (layer, block) in plan.blocks.enumerated() {
      try onProgress(Progress(done: layer, total: plan.layers))
      let trace = attend(layer, block, residual.matrix, after: base.attention[layer])
      transform(block, trace.weightedValues.matrix.rows(added), residual.mutableMatrix())
      attention.append(trace)
      weights.releaseAll()
      try check(residual, block: layer)
      residuals.append(Self.joined(base.residuals[layer + 1], residual))
    }
    try onProgress(Progress(done: plan.layers, total: plan.layers))
    return Trace(prompt: prompt, plan: plan, residuals: residuals, attention: attention)
  }

  /// What a block's attention reads and writes, that of the first tokens known.
  private mutating func attend(
    _ layer: Int, _ block: BlockPlan, _ residual: Matrix<K.Element>,
    after known: LayerTrace<K.Element>
  ) -> LayerTrace<K.Element> {
    let plan = block.attention
    let norm = block.attentionNorms.input.map { Norm<K>($0, width: self.plan.dModel, &weights) }
    let projections = Projections<K>(plan, rotation(plan.position), &weights)
    let seq = prompt.seq
    let added = seq - residual.rows..<seq
    var queries = Self.extended(known.queries, to: seq)
    var keys = Self.extended(known.keys, to: seq)
    var values = Self.extended(known.values, to: seq)
    let (q, k, v) = (queries.mutableMatrix(), keys.mutableMatrix(), values.mutableMatrix())
    let read = norm?.applied(to: residual)
    projections.apply(
      to: read?.matrix ?? residual, rows: added, queries: q.rows(added), keys: k.rows(added),
      values: v.rows(added))
    let extras = extras(plan)
    let heads = (0..<plan.heads).map { head in
      HeadAttention(
        plan, HeadIndex(layer: layer, head: head), queries: q.matrix, keys: k.matrix,
        values: v.matrix, extras: extras)
    }
    var weightedValues = Self.extended(known.weightedValues, to: seq)
    AttentionOutput<K>.fill(
      weightedValues.mutableMatrix(), heads: heads, queries: added, of: seq)
    return LayerTrace(
      queries: queries, keys: keys, values: values, weightedValues: weightedValues,
      extras: extras)
  }

  /// The rows of a tensor with room for more after them.
  private static func extended(_ known: Tensor<K.Element>, to count: Int) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [count, known.shape[1]])
    result.mutableMatrix().rows(0..<known.shape[0]).copy(from: known.matrix)
    return result
  }

  /// One tensor's rows, then another's.
  private static func joined(
    _ known: Tensor<K.Element>, _ added: Tensor<K.Element>
  ) -> Tensor<K.Element> {
    let count = known.shape[0] + added.shape[0]
    var result = extended(known, to: count)
    result.mutableMatrix().rows(known.shape[0]..<count).copy(from: added.matrix)
    return result
  }
}
