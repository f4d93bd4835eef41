import Tensors

extension Model {
  /// Runs many variants of one run, as many at once as fit into one batch.
  ///
  /// Each starts at the first layer that it touches; variants that start at the same layer share a batch.
  /// Nothing of a variant is kept but what `body` takes from its last residual stream.
  ///
  /// - Parameters:
  ///   - variants: Interventions on weighted values (`scale`, `mean`, `resample`), one list for each.
  ///   - stream: Where; variants of an encoder each run the decoder on their own.
  ///   - base: A run of all parts of this model without interventions.
  ///   - onProgress: Called between blocks with the share that is done; what it throws ends the work.
  ///   - body: Gets the variants of a batch, by their index, and their residual streams after the last
  ///     block, `[variants · seq, dModel]`.
  /// - Throws: `ModelError` about an intervention that does not fit or touches more than weighted
  ///   values; what `onProgress` and `body` throw.
  public func forEachBatch<Element: Scalar>(
    of variants: [[Intervention]], in stream: StreamName = .decoder, base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in },
    _ body: (_ indices: [Int], _ residual: Tensor<Element>) throws -> Void
  ) throws {
    let changed = try self.stream(stream, of: base)
    let layers = changed.layers
    precondition(base.isUnchanged)
    for intervention in variants.joined() {
      try intervention.check(changed.plan, seq: changed.seq, keyCount: changed.keyCount)
      guard intervention.leavesMapsOfItsLayer else {
        throw ModelError.interventionNotBatched(layer: intervention.layer)
      }
    }
    // What touches nothing starts after the last block, that is, with the last one unchanged.
    let starts = variants.map { $0.map(\.layer).min() ?? layers - 1 }
    let total = Double(starts.reduce(0) { $0 + layers - $1 })
    var done = 0.0
    for start in Set(starts).sorted() {
      let indices = starts.indices.filter { starts[$0] == start }
      for batch in Self.batches(of: indices, size: Self.variantsAtOnce(seq: changed.seq)) {
        let lists = batch.map { variants[$0] }
        let onBlock = { (isOfStream: Bool) in
          try onProgress(done / total)
          if isOfStream { done += Double(batch.count) }
        }
        let residual =
          multipliesBFloat16
          ? try run(
            lists, in: stream, of: base, from: start, on: Element.RoundingKernels.self, onBlock)
          : try run(
            lists, in: stream, of: base, from: start, on: Element.PreferredKernels.self, onBlock)
        try body(batch, residual)
      }
    }
    try onProgress(1)
  }

  /// - Parameter onBlock: Called before each block, with whether it is one of the stream that is changed.
  private func run<K: Kernels>(
    _ variants: [[Intervention]], in stream: StreamName, of base: Trace<K.Element>,
    from start: Int, on _: K.Type, _ onBlock: (Bool) throws -> Void
  ) throws -> Tensor<K.Element> {
    let none = variants.map { _ in Edits<K.Element>([]) }
    let edits = stream == .cross ? none : variants.map { Edits<K.Element>($0) }
    guard stream == .encoder else {
      var pass = ForwardPass<K>(
        plan: base.plan, weights: weights, prompt: base.prompt,
        memory: memory(of: base, on: K.self),
        crossing: stream == .cross ? variants : [[]], variants: variants.count)
      return try pass.run(variants: edits, of: base, from: start) { try onBlock(true) }
    }
    guard let encoder = plan.encoder, let encoded = base.stream(.encoder) else {
      throw ModelError.noSuchStream(stream, family: plan.family)
    }
    var pass = ForwardPass<K>(
      plan: encoded.plan, weights: weights, prompt: encoded.prompt, variants: variants.count)
    let outputs = try pass.run(variants: edits, of: encoded, from: start) { try onBlock(true) }
    var result = Tensor<K.Element>(
      uninitialized: [variants.count * base.seq, plan.dModel])
    for index in variants.indices {
      let own = outputs.matrix.rows(index * encoded.seq..<(index + 1) * encoded.seq)
      var reading = ForwardPass<K>(
        plan: plan, weights: weights, prompt: base.prompt,
        memory: memory(encoder, encoded.prompt, own, on: K.self))
      let read = try reading.run { _ in try onBlock(false) }
      result.mutableMatrix().rows(index * base.seq..<(index + 1) * base.seq)
        .copy(from: read.residuals[plan.layers].matrix)
    }
    return result
  }

  /// The mean next-token loss of every variant, in nats; `.nan` for a prompt of one token.
  ///
  /// The logits of several variants are computed together, a part of the vocabulary at a time.
  ///
  /// - Parameters: See `forEachBatch`.
  public func losses<Element: Scalar>(
    of variants: [[Intervention]], in stream: StreamName = .decoder, base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [Double] {
    try outcomes(of: variants, in: stream, base: base, onProgress: onProgress).map(\.value)
  }

  /// What every variant comes to by the mean next-token loss.
  ///
  /// - Parameters: See `forEachBatch`.
  public func outcomes<Element: Scalar>(
    of variants: [[Intervention]], in stream: StreamName = .decoder, base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [RunOutcome] {
    try outcomes(
      of: variants, in: stream, by: .nextTokenLoss(base.prompt), base: base, onProgress: onProgress)
  }

  /// What every variant comes to.
  ///
  /// Only rows that the objective looks at have logits.
  ///
  /// - Parameters:
  ///   - objective: What variants are judged by.
  ///   - others: See `forEachBatch`.
  /// - Throws: What `forEachBatch` throws; what is wrong with the objective.
  public func outcomes<Element: Scalar>(
    of variants: [[Intervention]], in stream: StreamName = .decoder, by objective: Objective,
    base: Trace<Element>, onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [RunOutcome] {
    try check(objective, seq: base.seq)
    var result = [RunOutcome](repeating: .undefined, count: variants.count)
    guard !objective.terms.isEmpty else { return result }
    let patches = base.prompt.grid?.tokens ?? 0..<0
    let readout: (Matrix<Element>, Int) throws -> [RunOutcome]
    if multipliesBFloat16 {
      let head = try OutputHead<Element.RoundingKernels>(self)
      readout = { try head.outcomes(by: objective, $0, runs: $1, patches: patches) }
    } else {
      let head = try OutputHead<Element.PreferredKernels>(self)
      readout = { try head.outcomes(by: objective, $0, runs: $1, patches: patches) }
    }
    try forEachBatch(
      of: variants, in: stream, base: base, onProgress: onProgress
    ) { indices, residual in
      for (index, outcome) in zip(indices, try readout(residual.matrix, indices.count)) {
        result[index] = outcome
      }
    }
    return result
  }

  /// What a run comes to, whatever was changed in it.
  ///
  /// - Throws: What is wrong with the objective; `ModelError.outputHeadMissing`.
  public func outcome<Element: Scalar>(
    of trace: Trace<Element>, by objective: Objective
  ) throws -> RunOutcome {
    try check(objective, seq: trace.seq)
    guard !objective.terms.isEmpty else { return .undefined }
    return try OutputHead<Element.PreferredKernels>(self).outcomes(
      by: objective, trace.residuals[plan.layers].matrix, runs: 1,
      patches: trace.prompt.grid?.tokens ?? 0..<0)[0]
  }

  /// So many rows that products run at full speed, and few enough that a batch stays small.
  private static func variantsAtOnce(seq: Int) -> Int { max(1, rowsOfVariants / seq) }

  static let rowsOfVariants = 4096

  private static func batches(of indices: [Int], size: Int) -> [[Int]] {
    // Equal batches, not full ones and a rest.
    let count = (indices.count + size - 1) / size
    return (0..<count).map {
      Array(indices[$0 * indices.count / count..<($0 + 1) * indices.count / count])
    }
  }
}
