import Tensors

extension Model {
  /// Runs the stack that comes first, then the one that reads it.
  ///
  /// - Returns: The second one's run, the first one's and cross attention among its streams.
  func run<K: Kernels>(
    _ prompt: Prompt, through encoder: EncoderPlan, on _: K.Type, interventions: [Intervention],
    keeping file: KeptFile?, onProgress: (Progress) throws -> Void
  ) throws -> Trace<K.Element> {
    let layers = encoder.plan.layers + plan.layers
    switch encoder {
    case .attended(let first, _):
      let encoded = try trace(first, prompt, on: K.self, keeping: file) { progress in
        try onProgress(Progress(done: progress.done, total: layers))
      }
      let memory = Memory(prompt: prompt, output: output(of: first, encoded, on: K.self))
      var pass = ForwardPass<K>(
        plan: plan, weights: weights, prompt: decoderPrompt(of: prompt), memory: memory,
        interventions: interventions)
      let decoded = try pass.run(keeping: file) { progress in
        try onProgress(Progress(done: first.layers + progress.done, total: layers))
      }
      return decoded.adding([.encoder: encoded])
    case .beside(let other):
      let plan = prompt.image == nil ? plan : other
      var pass = ForwardPass<K>(
        plan: plan, weights: weights, prompt: prompt, interventions: interventions)
      return try pass.run(keeping: file, onProgress: onProgress)
    case .inserted(let first, let insertion):
      guard let image = prompt.image else {
        var pass = ForwardPass<K>(
          plan: plan, weights: weights, prompt: prompt, interventions: interventions)
        return try pass.run(keeping: file, onProgress: onProgress)
      }
      let seen = try Prompt(image: image, colors: prompt.imageColors, for: first)
      let encoded = try trace(first, seen, on: K.self, keeping: file) { progress in
        try onProgress(Progress(done: progress.done, total: layers))
      }
      var reader = WeightReader<K>(weights)
      guard let last = encoded.residuals.last,
        let projector = MLP<K>(insertion.projector, &reader)
      else { throw ModelError.promptEmpty }
      let patches = last.matrix.rows(insertion.dropping..<last.shape[0])
      var projected = Tensor<K.Element>(uninitialized: [patches.rows, plan.dModel])
      projector.apply(to: patches, adding: false, into: projected.mutableMatrix())
      var pass = ForwardPass<K>(
        plan: plan, weights: weights, prompt: prompt,
        memory: Memory(prompt: seen, output: projected), interventions: interventions)
      let decoded = try pass.run(keeping: file) { progress in
        try onProgress(Progress(done: first.layers + progress.done, total: layers))
      }
      return decoded.adding([.encoder: encoded])
    }
  }

  private func trace<K: Kernels>(
    _ plan: ModelPlan, _ prompt: Prompt, on _: K.Type, keeping file: KeptFile?,
    onProgress: (Progress) throws -> Void
  ) throws -> Trace<K.Element> {
    var pass = ForwardPass<K>(plan: plan, weights: weights, prompt: prompt)
    return try pass.run(keeping: file, onProgress: onProgress)
  }

  /// What a stack hands on: its residual stream after its final norm.
  func output<K: Kernels>(
    of plan: ModelPlan, _ trace: Trace<K.Element>, on _: K.Type
  ) -> Tensor<K.Element> {
    let last = trace.residuals[plan.layers]
    var reader = WeightReader<K>(weights)
    return plan.head.norm.map {
      Norm<K>($0, width: plan.dModel, &reader).applied(to: last.matrix)
    } ?? last
  }

  /// The prompt of the stack that makes a text: what was given for it, else the token that it starts with.
  func decoderPrompt(of prompt: Prompt) -> Prompt {
    guard case .attended(_, let start) = plan.encoder else { return prompt }
    guard prompt.decoder.isEmpty else { return Prompt(tokens: prompt.decoder) }
    return Prompt(ids: [start])
  }

  /// What the decoder writes by itself: the most probable token each time, until `end` or `limit` of them.
  ///
  /// - Parameters:
  ///   - prompt: What the encoder reads.
  ///   - end: Tokens after which nothing comes.
  /// - Returns: The ids with the start first; without `end`.
  public func answer(_ prompt: Prompt, end: Set<Int>, limit: Int = 64) throws -> [Int] {
    guard case .attended(_, let start) = plan.encoder else { return [] }
    var ids = [start]
    while ids.count < min(limit, plan.contextLength) {
      var next = prompt
      next.decoder = Prompt(ids: ids).tokens
      let trace = try run(next, as: Float.self)
      let logits = try logits(trace, positions: ids.count - 1..<ids.count)
      let best = logits.elements.indices.max { logits.elements[$0] < logits.elements[$1] } ?? 0
      guard !end.contains(best) else { break }
      ids.append(best)
    }
    return ids
  }

  /// The logits of the classes that a whole prompt may belong to, `[classes]`.
  ///
  /// - Throws: `ModelError.outputHeadMissing`; `.weightNotFinite` when the head holds NaN.
  public func classLogits<Element: Scalar>(_ trace: Trace<Element>) throws -> Tensor<Element> {
    try classLogits(
      of: trace.residuals[plan.layers].matrix, patches: trace.prompt.grid?.tokens ?? 0..<0)
  }

  /// The logits of classes that a last residual stream gives, `[classes]`.
  ///
  /// - Parameters:
  ///   - residual: After the last block, `[seq, dModel]`.
  ///   - patches: Which rows are patches of an image; none for a text.
  /// - Throws: As `classLogits`.
  public func classLogits<Element: Scalar>(
    of residual: Matrix<Element>, patches: Range<Int>
  ) throws -> Tensor<Element> {
    let head = try OutputHead<Element.PreferredKernels>(self)
    let logits = head.classes(residual, patches: patches)
    guard Element.PreferredKernels.allFinite(logits.matrix) else { throw head.notFinite }
    return logits.reshaped([logits.count])
  }
}
