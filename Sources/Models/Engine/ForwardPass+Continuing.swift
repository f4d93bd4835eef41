import Tensors
import Tokenizers

extension Model {
  /// Continues a run by more tokens.
  ///
  /// Where no query sees a later key, what stands before stays as it is, and only the new tokens are run:
  /// the result is that of running all tokens, up to the order in which products add. Any other model,
  /// and a run that was changed, is run anew.
  ///
  /// - Parameters:
  ///   - base: A run of this model.
  ///   - tokens: What follows its prompt.
  ///   - onProgress: As for `run`.
  /// - Throws: What `run` throws.
  /// - Complexity: A forward pass of the new tokens, and a copy of what the earlier run keeps, in a file where
  ///   that one has it.
  public func run<Element: Scalar>(
    continuing base: Trace<Element>, with tokens: [Token],
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> Trace<Element> {
    let prompt = base.prompt.continued(with: tokens)
    guard plan.canContinue(from: base.seq, to: prompt.seq), base.plan == plan,
      base.interventions.isEmpty, base.reach == nil
    else { return try run(prompt, keeping: base.file, onProgress: onProgress) }
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
  /// Whether the first tokens of a longer prompt are run as the prompt that they are alone: no query sees
  /// a later key, and no angle depends on the number of tokens.
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
    let file = base.file
    var residuals = [
      try kept(base.residuals[0].matrix.joined(with: residual.matrix), in: file)
    ]
    var attention: [LayerTrace<K.Element>] = []
    for (layer, block) in plan.blocks.enumerated() {
      try onProgress(Progress(done: layer, total: plan.layers))
      let trace = attend(layer, block, residual.matrix, after: base.attention[layer])
      transform(block, trace.weightedValues.matrix.rows(added), &residual)
      attention.append(try kept(trace, in: file))
      weights.releaseAll()
      try check(residual, block: layer)
      residuals.append(
        try kept(base.residuals[layer + 1].matrix.joined(with: residual.matrix), in: file))
    }
    try onProgress(Progress(done: plan.layers, total: plan.layers))
    return Trace(
      prompt: prompt, plan: plan, residuals: residuals, attention: attention, file: file)
  }

  /// What a block's attention reads and writes, that of the first tokens known.
  private mutating func attend(
    _ layer: Int, _ block: BlockPlan, _ residual: Matrix<K.Element>,
    after known: LayerTrace<K.Element>
  ) -> LayerTrace<K.Element> {
    let plan = block.attention
    let rows = prompt.seq - residual.rows..<prompt.seq
    let added = project(block, residual, rows: rows)
    let (queries, keys, values) = (
      known.kept.queries.joined(with: K.kept(added.queries)),
      known.kept.keys.joined(with: K.kept(added.keys)),
      known.kept.values.joined(with: K.kept(added.values))
    )
    let extras = extras(plan)
    let heads = (0..<plan.heads).map { head in
      HeadAttention(
        plan, HeadIndex(layer: layer, head: head), queries: queries.matrix, keys: keys.matrix,
        values: values.matrix, extras: extras)
    }
    // The new rows are filled below.
    var weightedValues = known.weightedValues.matrix.joined(
      with: Tensor(uninitialized: [rows.count, plan.heads * plan.dValue]).matrix)
    let sums = AttentionOutput<K>.fill(
      weightedValues.mutableMatrix(), heads: heads, seq: prompt.seq, after: known.sums)
    return LayerTrace(
      queries: queries, keys: keys, values: values, weightedValues: K.kept(weightedValues),
      extras: extras, sums: sums)
  }
}
