import Checkpoints
import Tensors

/// A checkpoint that is ready to run: its plan, and its weights where they lie.
public struct Model: Sendable {
  /// The checkpoint's name.
  public let name: String
  /// The description that the engine interprets.
  public private(set) var plan: ModelPlan
  /// What was found and not used, or is missing and not needed; one line each.
  public let warnings: [String]
  var weights: Weights
  /// Heads that the checkpoint does not hold; they are as if their weights were zero.
  let missing: RemovedHeads
  /// Whether runs in `Float` multiply bfloat16 numbers: see `BFloat16Kernels`.
  ///
  /// Maps, scores and logits are computed in single precision from what a run kept, either way.
  public var multipliesBFloat16 = false

  /// Whether logits can be computed.
  public var hasOutputHead: Bool { plan.head.weights.allSatisfy { weights.has($0) } }

  /// Whether `multipliesBFloat16` is worth it: most of the weights are stored as bfloat16, they are more
  /// than a gibibyte, and the processor multiplies such numbers itself.
  ///
  /// Below that size nobody waits, and single precision is the reference's.
  public var prefersBFloat16: Bool {
    let stored = weights.byteCount
    return BFloat16Kernels.isFast && stored > 1 << 30
      && weights.byteCount(of: .bfloat16) > stored / 2
  }

  /// Bytes that the weights take on disk.
  public var weightBytes: Int { weights.byteCount }

  /// Opens a checkpoint: finds its family and checks that every weight is there and fits.
  ///
  /// - Parameter family: The `model_type` to open it as; nil for its own.
  /// - Throws: `ModelError` that names the key or the tensor at fault.
  public init(_ checkpoint: Checkpoint, family: String? = nil) throws {
    // As of llama.cpp's vocabularies.
    guard !checkpoint.tensors.isEmpty else {
      throw ModelError.weightsMissing(file: checkpoint.configFile)
    }
    let (plan, config, change) = try Self.plan(checkpoint, family: family)
    // A checkpoint that was saved without its head can still be explored.
    let head = plan.head.weights
    let promised = ["LMHeadModel", "ForCausalLM", "ForMaskedLM", "Classification", "Generation"]
    let headless =
      !promised.contains { config.namesArchitecture(endingWith: $0) }
      && !head.allSatisfy { plan.finds($0, in: checkpoint) }
    // So can two towers without what compares them.
    let contrast = (plan.contrast?.weights ?? [])
    let compares = !contrast.isEmpty && contrast.allSatisfy { plan.finds($0, in: checkpoint) }
    missing = try RemovedHeads(config, plan)
    weights = try Weights(
      checkpoint.restoring(missing), plan: plan,
      require: plan.coreWeights + (headless ? [] : head) + (compares ? contrast : []))
    name = checkpoint.name
    self.plan = plan
    warnings =
      change + missing.notice
      + Self.warnings(
        unused: config.unused, tensors: weights.unused, headless: headless && !compares)
  }

  private static func warnings(
    unused keys: [String], tensors: [String], headless: Bool
  ) -> [String] {
    func listed(_ names: [String]) -> String {
      names.prefix(4).joined(separator: ", ")
        + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }
    var lines: [String] = []
    if !keys.isEmpty { lines.append("config.json: not used: \(listed(keys))") }
    if !tensors.isEmpty { lines.append("tensors not used: \(listed(tensors))") }
    if headless { lines.append("no output head: predictions are not available") }
    return lines
  }

  /// The model described by one part of its runs: what its heads' weights are is answered for that part.
  ///
  /// - Parameter plan: From `plan(_:for:)` or a trace.
  public func part(_ plan: ModelPlan) -> Model {
    var part = self
    part.plan = plan
    return part
  }

  /// Runs a prompt and keeps what maps are derived from.
  ///
  /// - Parameters:
  ///   - prompt: At least one token, at most `plan.contextLength`.
  ///   - type: `Float` runs on oneDNN, `Double` on the plain kernels.
  ///   - interventions: Applied in this order where they meet.
  ///   - stream: Where: of an encoder-decoder the encoder, the decoder's own attention, or cross attention.
  ///   - base: An earlier run of the same prompt, with or without interventions: this run starts at
  ///     the first block that either touches, from the residual stream kept there.
  ///   - file: Holds what the run keeps; nil for where `base` has it, else for memory.
  ///   - onProgress: Called between blocks; what it throws ends the run.
  /// - Throws: `ModelError` about the prompt, an intervention that does not fit or a weight that is not
  ///   finite; `KeptFileError`; what `onProgress` throws.
  public func run<Element: Scalar>(
    _ prompt: Prompt, as type: Element.Type = Element.self,
    interventions: [Intervention] = [], in stream: StreamName = .decoder,
    reusing base: Trace<Element>? = nil, keeping file: KeptFile? = nil,
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> Trace<Element> {
    try run(
      prompt, as: type, interventions: [stream: interventions], reusing: base, keeping: file,
      onProgress: onProgress)
  }

  /// Runs a prompt with changes in several parts at once.
  ///
  /// - Parameters:
  ///   - interventions: By part, applied in this order where they meet.
  ///   - others: As for changes in one part.
  /// - Throws: As with changes in one part.
  public func run<Element: Scalar>(
    _ prompt: Prompt, as type: Element.Type = Element.self,
    interventions: [StreamName: [Intervention]],
    reusing base: Trace<Element>? = nil, keeping file: KeptFile? = nil,
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> Trace<Element> {
    if multipliesBFloat16 {
      try run(
        prompt, on: Element.RoundingKernels.self, interventions: interventions, reusing: base,
        keeping: file, onProgress: onProgress)
    } else {
      try run(
        prompt, on: Element.PreferredKernels.self, interventions: interventions, reusing: base,
        keeping: file, onProgress: onProgress)
    }
  }

  /// Runs a prompt on given kernels.
  func run<K: Kernels>(
    _ prompt: Prompt, on _: K.Type, interventions: [StreamName: [Intervention]] = [:],
    reusing base: Trace<K.Element>? = nil, keeping file: KeptFile? = nil,
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> Trace<K.Element> {
    try check(prompt)
    for stream in StreamName.allCases {
      try check(interventions[stream] ?? [], in: stream, of: prompt)
    }
    guard let encoder = plan.encoder else {
      if let base, base.plan != plan || base.prompt.ids != prompt.ids {
        throw ModelError.reusedRunDiffers(found: base.seq, expected: prompt.seq)
      }
      var pass = ForwardPass<K>(
        plan: plan, weights: weights, prompt: prompt,
        interventions: interventions[.decoder] ?? [])
      // Rules that were frozen into a run did not reach what follows them.
      let known = base?.reach == .local ? nil : base
      return try pass.run(reusing: known, keeping: file ?? base?.file, onProgress: onProgress)
    }
    return try run(
      prompt, through: encoder, on: K.self, interventions: interventions, reusing: base,
      keeping: file ?? base?.file, onProgress: onProgress)
  }

  /// The logits at some positions, `[positions, vocabularySize]`.
  ///
  /// - Parameters:
  ///   - trace: A run of this model.
  ///   - positions: Within `0..<trace.seq`; ask for few at a time, each is a row of the vocabulary.
  /// - Throws: `ModelError.outputHeadMissing`; `.weightNotFinite` when the head holds NaN.
  public func logits<Element: Scalar>(
    _ trace: Trace<Element>, positions: Range<Int>
  ) throws -> Tensor<Element> {
    try logits(of: trace.residuals[plan.layers].matrix.rows(positions))
  }

  /// The logits that rows of the residual stream give, `[rows, vocabularySize]`.
  ///
  /// - Parameter residual: `[rows, dModel]`; from an earlier layer than the last, this is the logit lens.
  /// - Throws: `ModelError.outputHeadMissing`; `.weightNotFinite` when the head holds NaN.
  ///
  /// Source of the lens: nostalgebraist 2020, "interpreting GPT: the logit lens".
  public func logits<Element: Scalar>(of residual: Matrix<Element>) throws -> Tensor<Element> {
    let head = try OutputHead<Element.PreferredKernels>(self)
    let x = head.normalised(residual)
    var result = Tensor<Element>(uninitialized: [residual.rows, plan.head.outputCount])
    let target = result.mutableMatrix()
    for part in head.parts { head.apply(to: x.matrix, part: part, into: target.columns(part)) }
    guard Element.PreferredKernels.allFinite(target.matrix) else { throw head.notFinite }
    return result
  }

  /// Rows of the residual stream after the model's final norm; as they are where it has none.
  public func normalised<Element: Scalar>(_ residual: Matrix<Element>) -> Tensor<Element> {
    var reader = WeightReader<Element.PreferredKernels>(weights)
    return plan.head.norm.map {
      Norm<Element.PreferredKernels>($0, width: plan.dModel, &reader).applied(to: residual)
    } ?? residual.copied
  }

  /// The next-token loss at every position but the last, in nats; empty for a prompt of one token.
  ///
  /// - Throws: What `logits` throws.
  public func losses<Element: Scalar>(_ trace: Trace<Element>) throws -> [Double] {
    let head = try OutputHead<Element.PreferredKernels>(self)
    let residual = trace.residuals[plan.layers].matrix
    return try Self.parts(of: trace.seq - 1, size: 4096).flatMap { rows in
      try head.losses(
        residual.rows(rows), targets: rows.map { trace.prompt.tokens[$0 + 1].id })
    }
  }

  /// Calls `body` with the logits of every position, a block of rows at a time.
  ///
  /// - Parameter body: The positions, and their logits `[positions, vocabularySize]`.
  public func forEachLogits<Element: Scalar>(
    _ trace: Trace<Element>, body: (Range<Int>, Tensor<Element>) throws -> Void
  ) throws {
    let rows = max(1, (16 << 20) / max(1, plan.head.outputCount))
    for part in Self.parts(of: trace.seq, size: rows) {
      try body(part, logits(trace, positions: part))
    }
  }

  private static func parts(of count: Int, size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }
}
