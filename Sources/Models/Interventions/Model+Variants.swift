import Tensors

extension Model {
  /// Runs many variants of one run, as many at once as fit into one batch.
  ///
  /// Each starts at the first layer that it touches; variants that start at the same layer share a batch.
  /// Nothing of a variant is kept but what `body` takes from its last residual stream.
  ///
  /// - Parameters:
  ///   - variants: Interventions on weighted values (`scale`, `mean`, `resample`), one list for each.
  ///   - base: A run of this model without interventions.
  ///   - onProgress: Called between blocks with the share that is done; what it throws ends the work.
  ///   - body: Gets the variants of a batch, by their index, and their residual streams after the last
  ///     block, `[variants · seq, dModel]`.
  /// - Throws: `ModelError` about an intervention that does not fit or touches more than weighted
  ///   values; what `onProgress` and `body` throw.
  public func forEachBatch<Element: Scalar>(
    of variants: [[Intervention]], base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in },
    _ body: (_ indices: [Int], _ residual: Tensor<Element>) throws -> Void
  ) throws {
    precondition(base.interventions.isEmpty && base.plan == plan)
    for intervention in variants.joined() {
      try intervention.check(plan, seq: base.seq)
      guard intervention.leavesMapsOfItsLayer else {
        throw ModelError.interventionNotBatched(layer: intervention.layer)
      }
    }
    // What touches nothing starts after the last block, that is, with the last one unchanged.
    let starts = variants.map { $0.map(\.layer).min() ?? plan.layers - 1 }
    let total = Double(starts.reduce(0) { $0 + plan.layers - $1 })
    var done = 0.0
    for start in Set(starts).sorted() {
      let indices = starts.indices.filter { starts[$0] == start }
      for batch in Self.batches(of: indices, size: Self.variantsAtOnce(seq: base.seq)) {
        let edits = batch.map { Edits<Element>(variants[$0]) }
        let onBlock = {
          try onProgress(done / total)
          done += Double(batch.count)
        }
        let residual =
          multipliesBFloat16
          ? try run(edits, of: base, from: start, on: Element.RoundingKernels.self, onBlock)
          : try run(edits, of: base, from: start, on: Element.PreferredKernels.self, onBlock)
        try body(batch, residual)
      }
    }
    try onProgress(1)
  }

  private func run<K: Kernels>(
    _ edits: [Edits<K.Element>], of base: Trace<K.Element>, from start: Int, on _: K.Type,
    _ onBlock: () throws -> Void
  ) throws -> Tensor<K.Element> {
    var pass = ForwardPass<K>(
      plan: plan, weights: weights, prompt: base.prompt, variants: edits.count)
    return try pass.run(variants: edits, of: base, from: start, onBlock: onBlock)
  }

  /// The mean next-token loss of every variant, in nats; `.nan` for a prompt of one token.
  ///
  /// The logits of several variants are computed together, a part of the vocabulary at a time.
  ///
  /// - Parameters: See `forEachBatch`.
  public func losses<Element: Scalar>(
    of variants: [[Intervention]], base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [Double] {
    try outcomes(of: variants, base: base, onProgress: onProgress).map(\.loss)
  }

  /// The mean next-token loss of every variant, in nats, and the share of tokens that were the most probable
  /// ones; both `.nan` for a prompt of one token.
  ///
  /// - Parameters: See `forEachBatch`.
  public func outcomes<Element: Scalar>(
    of variants: [[Intervention]], base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [(loss: Double, accuracy: Double)] {
    let (seq, ids) = (base.seq, base.prompt.ids)
    var result = [(loss: Double, accuracy: Double)](
      repeating: (.nan, .nan), count: variants.count)
    guard seq > 1 else { return result }
    // The last position of a variant predicts nothing; its loss is computed and dropped.
    let targets = ids.dropFirst() + [0]
    let head = try readout(as: Element.self)
    try forEachBatch(of: variants, base: base, onProgress: onProgress) { indices, residual in
      let all = try head(residual.matrix, indices.flatMap { _ in targets })
      for (place, index) in indices.enumerated() {
        let own = all[place * seq..<(place + 1) * seq - 1]
        result[index] = (
          own.reduce(0) { $0 + $1.loss } / Double(seq - 1),
          Double(own.count { $0.isBest }) / Double(seq - 1)
        )
      }
    }
    return result
  }

  /// The output head on the kernels that this model runs on.
  private func readout<Element: Scalar>(
    as _: Element.Type
  ) throws -> (Matrix<Element>, [Int]) throws -> [(loss: Double, isBest: Bool)] {
    if multipliesBFloat16 {
      let head = try OutputHead<Element.RoundingKernels>(self)
      return { try head.outcomes($0, targets: $1) }
    }
    let head = try OutputHead<Element.PreferredKernels>(self)
    return { try head.outcomes($0, targets: $1) }
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
