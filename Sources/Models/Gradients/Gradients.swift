import Tensors

/// The gradients of one scalar with respect to everything that a run keeps.
///
/// Memory grows as a trace's does: gradients of maps are derived when someone looks, as maps are.
public struct Gradients<Element: Scalar>: Sendable {
  /// The run that was differentiated.
  public let trace: Trace<Element>
  /// The scalar: a loss in nats, or a logit.
  public let value: Double
  /// Of the residual streams, `[seq, dModel]`: entering each layer, then leaving the last one.
  public let residuals: [Tensor<Element>]
  /// Of each layer's weighted values, `[seq, heads · dValue]`, as they enter the output projection.
  public let weightedValues: [Tensor<Element>]
  /// The other parts of a run of several stacks; none for one stack alone.
  let streams: [StreamName: Gradients]

  /// The gradients of a stream of the run, of the same scalar.
  ///
  /// - Returns: These for `decoder`; nil for a stream that the model does not have.
  public func stream(_ name: StreamName) -> Gradients? { name == .decoder ? self : streams[name] }

  /// The gradient of one head's weighted values, `[seq, dValue]`.
  public func weightedValues(_ head: HeadIndex) -> Matrix<Element> {
    weightedValues[head.layer].matrix.columns(
      trace.plan.blocks[head.layer].attention.valueColumns(head.head))
  }

  /// `⟨z, ∂/∂z⟩` of every position of one head: what each adds to the gradient of its gate.
  public func gateTerms(_ head: HeadIndex) -> [Double] {
    Element.PreferredKernels.dots(trace.weightedValues(head), weightedValues(head))
  }

  /// The derivative by a gate on one head, a factor on its weighted values that is 1 in this run.
  public func gate(_ head: HeadIndex) -> Double { gateTerms(head).reduce(0, +) }

  /// The gradient of some rows of one head's map, `[rows, keys]`: `∂/∂z · valuesᵀ`.
  ///
  /// - Parameter rows: Queries; keys are those that any of them can see, from 0.
  public func pattern(_ head: HeadIndex, rows: Range<Int>) -> Tensor<Element> {
    let attention = trace.attention(head)
    let keys = attention.keyCount(rows: rows)
    var result = Tensor<Element>(uninitialized: [rows.count, keys])
    Element.PreferredKernels.multiply(
      weightedValues(head).rows(rows), attention.values.rows(0..<keys), transposed: true, scale: 1,
      adding: false, into: result.mutableMatrix())
    return result
  }
}

extension Trace {
  /// Why the run cannot be differentiated; nil when it can.
  public var gradientObstacle: ModelError? {
    if let encoded = streams[.encoder], let obstacle = encoded.gradientObstacle { return obstacle }
    guard let reach else { return nil }
    if reach == .local { return .gradientOfFrozenRun }
    let head = rules.heads.keys.sorted().first { ruled($0)?.rule.mixture == nil }
    return head.flatMap { rules[$0] }.map { .gradientUnderRule($0.name) }
  }
}

extension Model {
  /// Differentiates a scalar of a run.
  ///
  /// - Parameters:
  ///   - objective: What is differentiated.
  ///   - trace: A run of this model, of an encoder-decoder the decoder's; interventions of it are constants
  ///     that gradients respect.
  ///   - onProgress: Called before each block and after the last; what it throws ends the work.
  /// - Throws: `ModelError.outputHeadMissing`, `.noSuchPosition`, `.idOutOfRange`; `.gradientUnderRule` for a
  ///   run under a rule that is no softmax over fewer keys, `.gradientOfFrozenRun` for rules that were put
  ///   in afterwards; what `onProgress` throws.
  /// - Complexity: About two forward passes: every product once forward again and once backward, and maps
  ///   tile by tile, never all at once.
  public func gradients<Element: Scalar>(
    of objective: Objective, _ trace: Trace<Element>,
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> Gradients<Element> {
    if multipliesBFloat16 {
      try gradients(
        of: objective, trace, on: Element.RoundingKernels.self, onProgress: onProgress)
    } else {
      try gradients(
        of: objective, trace, on: Element.PreferredKernels.self, onProgress: onProgress)
    }
  }

  func gradients<K: Kernels>(
    of objective: Objective, _ trace: Trace<K.Element>, on _: K.Type,
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> Gradients<K.Element> {
    if let obstacle = trace.gradientObstacle { throw obstacle }
    try check(objective, seq: trace.seq)
    let (value, gradient) = try OutputHead<K>(self).gradient(
      of: objective, trace.residuals[plan.layers].matrix,
      patches: trace.prompt.grid?.tokens ?? 0..<0)
    guard value.isFinite, K.allFinite(gradient.matrix) else {
      throw ModelError.residualNotFinite(checkpoint: name, block: plan.layers)
    }
    return try gradients(value: value, gradient, trace, on: K.self, onProgress: onProgress)
  }

  /// Differentiates how far a run's final vectors are from those of another run: over some positions the
  /// mean of `mean_d (h − h')²`, `h` after the model's final norm.
  ///
  /// - Parameters:
  ///   - positions: Within `0..<trace.seq`; at least one.
  ///   - reference: The other run, a constant.
  ///   - trace: The run that is differentiated.
  /// - Throws: As `gradients(of:_:)`, but an output head is not needed.
  public func gradients<Element: Scalar>(
    ofDistanceAt positions: [Int], from reference: Trace<Element>, _ trace: Trace<Element>
  ) throws -> Gradients<Element> {
    typealias K = Element.PreferredKernels
    if let obstacle = trace.gradientObstacle { throw obstacle }
    let last = trace.residuals[plan.layers].matrix.gathered(positions)
    var difference = normalised(last.matrix)
    let other = normalised(reference.residuals[plan.layers].matrix.gathered(positions).matrix)
    K.add(other.matrix, scale: -1, to: difference.mutableMatrix())
    let count = Double(positions.count * plan.dModel)
    let value = K.dots(difference.matrix, difference.matrix).reduce(0, +) / count
    K.scale(difference.mutableMatrix(), by: Element(2 / count))
    var reader = WeightReader<K>(weights)
    let back =
      plan.head.norm.map {
        Norm<K>($0, width: plan.dModel, &reader).gradient(last.matrix, difference.matrix)
      } ?? difference
    var gradient = Tensor<Element>(repeating: 0, shape: [trace.seq, plan.dModel])
    for (row, position) in positions.enumerated() {
      K.add(
        back.matrix.rows(row..<row + 1),
        to: gradient.mutableMatrix().rows(position..<position + 1))
    }
    return try gradients(value: value, gradient, trace, on: K.self) { _ in }
  }

  /// Goes back from the residual stream after the last block of a run, through all of its stacks.
  func gradients<K: Kernels>(
    value: Double, _ gradient: Tensor<K.Element>, _ trace: Trace<K.Element>, on _: K.Type,
    onProgress: (Progress) throws -> Void
  ) throws -> Gradients<K.Element> {
    let others = trace.stream(.encoder)?.layers ?? 0
    let total = plan.layers + others
    let read = trace.stream(.cross) == nil ? nil : memory(of: trace, on: K.self)?.output
    var pass = BackwardPass<K>(trace, weights: weights, memory: read)
    let own = try pass.run(value: value, gradient) {
      try onProgress(Progress(done: $0.done, total: total))
    }
    let encoder = try encoderGradients(
      of: trace, value: value, entering: own.residuals[0], memory: pass.memory?.gradient,
      on: K.self
    ) { try onProgress(Progress(done: plan.layers + $0.done, total: total)) }
    guard let encoder else { return own }
    return Gradients(
      trace: trace, value: value, residuals: own.residuals, weightedValues: own.weightedValues,
      streams: own.streams.merging([.encoder: encoder]) { $1 })
  }

  /// Checks that what an objective looks at is there.
  func check(_ objective: Objective, seq: Int) throws(ModelError) {
    let rows = plan.head.isOfClasses ? 1 : seq
    for term in objective.terms {
      let (position, id) = (term.target.position, term.target.id)
      guard (0..<rows).contains(position) else { throw .noSuchPosition(position, seq: rows) }
      guard (0..<plan.head.outputCount).contains(id) else {
        throw .idOutOfRange(id: id, position: position, vocabularySize: plan.head.outputCount)
      }
    }
  }
}
