import Tensors

extension Model {
  /// Runs the stack that comes first, then the one that reads it.
  ///
  /// - Parameters:
  ///   - interventions: By the stream that they change.
  ///   - base: An earlier run: a stack that nothing touches is not run again.
  /// - Returns: The second one's run, the first one's and cross attention among its streams.
  func run<K: Kernels>(
    _ prompt: Prompt, through encoder: EncoderPlan, on _: K.Type,
    interventions: [StreamName: [Intervention]], reusing base: Trace<K.Element>? = nil,
    keeping file: KeptFile?, onProgress: (Progress) throws -> Void
  ) throws -> Trace<K.Element> {
    let own = interventions[.decoder] ?? []
    var pass: ForwardPass<K>
    switch encoder {
    case .beside(let other) where prompt.image != nil:
      pass = ForwardPass(plan: other, weights: weights, prompt: prompt, interventions: own)
    case .inserted where prompt.image == nil, .beside:
      pass = ForwardPass(plan: plan, weights: weights, prompt: prompt, interventions: own)
    case .attended(let first, _), .inserted(let first, _):
      let read = try base.flatMap { try reusable($0, prompt) }
      let layers = first.layers + plan.layers
      let changes = interventions[.encoder] ?? []
      var reading = ForwardPass<K>(
        plan: first, weights: weights, prompt: try encoderPrompt(of: prompt, first),
        interventions: changes)
      let encoded = try reading.run(
        reusing: read?.stream(.encoder), keeping: file
      ) { progress in
        try onProgress(Progress(done: progress.done, total: layers))
      }
      // What another output of the encoder made is of no use.
      let isSame = changes.isEmpty && read?.stream(.encoder)?.interventions.isEmpty == true
      pass = ForwardPass(
        plan: plan, weights: weights, prompt: decoderPrompt(of: prompt),
        memory: memory(encoder, encoded.prompt, encoded.residuals[first.layers].matrix, on: K.self),
        interventions: own, crossing: [interventions[.cross] ?? []])
      return try pass.run(reusing: isSame ? read : nil, keeping: file) { progress in
        try onProgress(Progress(done: first.layers + progress.done, total: layers))
      }.adding([.encoder: encoded])
    }
    return try pass.run(keeping: file, onProgress: onProgress)
  }

  /// A run that another one of the same prompt may begin with; nil for one under frozen rules.
  private func reusable<Element: Scalar>(
    _ base: Trace<Element>, _ prompt: Prompt
  ) throws -> Trace<Element>? {
    guard base.plan == plan, base.prompt.ids == decoderPrompt(of: prompt).ids,
      base.stream(.encoder)?.prompt.media == prompt.media
    else { throw ModelError.reusedRunDiffers(found: base.seq, expected: prompt.seq) }
    if case .attended = plan.encoder, base.stream(.encoder)?.prompt.ids != prompt.ids {
      throw ModelError.reusedRunDiffers(found: base.seq, expected: prompt.seq)
    }
    return base.isFrozen ? nil : base
  }

  /// What the stack that comes first reads.
  private func encoderPrompt(of prompt: Prompt, _ plan: ModelPlan) throws -> Prompt {
    guard case .inserted = self.plan.encoder, let image = prompt.image else { return prompt }
    return try Prompt(image: image, colors: prompt.imageColors, for: plan)
  }

  /// What the second stack reads of the first one.
  ///
  /// - Parameters:
  ///   - prompt: What the first one read.
  ///   - residual: Its residual stream after the last block.
  func memory<K: Kernels>(
    _ encoder: EncoderPlan, _ prompt: Prompt, _ residual: Matrix<K.Element>, on _: K.Type
  ) -> Memory<K.Element> {
    var reader = WeightReader<K>(weights)
    switch encoder {
    case .inserted(_, let insertion):
      let patches = residual.rows(insertion.dropping..<residual.rows)
      var projected = Tensor<K.Element>(uninitialized: [patches.rows, plan.dModel])
      MLP<K>(insertion.projector, &reader)?
        .apply(to: patches, adding: false, into: projected.mutableMatrix())
      return Memory(prompt: prompt, output: projected)
    case .attended(let first, _), .beside(let first):
      return Memory(prompt: prompt, output: output(of: first, residual, on: K.self))
    }
  }

  /// What a stack hands on: its residual stream after its final norm.
  ///
  /// - Parameter residual: After the last block.
  func output<K: Kernels>(
    of plan: ModelPlan, _ residual: Matrix<K.Element>, on _: K.Type
  ) -> Tensor<K.Element> {
    var reader = WeightReader<K>(weights)
    return plan.head.norm.map {
      Norm<K>($0, width: plan.dModel, &reader).applied(to: residual)
    } ?? residual.copied
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
