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

extension Model {
  /// Differentiates a scalar of a run.
  ///
  /// - Parameters:
  ///   - objective: What is differentiated.
  ///   - trace: A run of this model; interventions of it are constants that gradients respect.
  ///   - onProgress: Called before each block and after the last; what it throws ends the work.
  /// - Throws: `ModelError.outputHeadMissing`, `.noSuchPosition`, `.idOutOfRange` or, for a run under
  ///   another attention rule, `.gradientUnderRule`; what `onProgress` throws.
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
    guard trace.rules.isEmpty else { throw ModelError.gradientUnderRule }
    for term in objective.terms {
      let (position, id) = (term.target.position, term.target.id)
      guard (0..<trace.seq).contains(position) else {
        throw ModelError.noSuchPosition(position, seq: trace.seq)
      }
      guard (0..<plan.vocabularySize).contains(id) else {
        throw ModelError.idOutOfRange(
          id: id, position: position, vocabularySize: plan.vocabularySize)
      }
    }
    let (value, gradient) = try OutputHead<K>(self).gradient(
      of: objective, trace.residuals[plan.layers].matrix)
    guard value.isFinite, K.allFinite(gradient.matrix) else {
      throw ModelError.residualNotFinite(checkpoint: name, block: plan.layers)
    }
    var pass = BackwardPass<K>(trace, weights: weights)
    return try pass.run(value: value, gradient, onProgress: onProgress)
  }
}
