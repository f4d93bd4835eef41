import Tensors

/// How an attention's weighted values enter the residual stream, with its weights at hand.
struct AttentionHalf<K: Kernels>: Sendable {
  /// What forward and backward share of some rows.
  struct Rows {
    /// What the output projection makes of weighted values, `[rows, dModel]`.
    let part: Tensor<K.Element>
    /// The residual stream after the addition and before the norm that may follow it.
    let sum: Tensor<K.Element>
    /// The residual stream as it goes on.
    let after: Tensor<K.Element>
  }

  private let output: Linear<K>
  private let addition: Addition<K>

  init(
    _ output: LinearPlan, _ norms: NormPlacement, scale: Double, width: Int,
    _ weights: inout WeightReader<K>
  ) {
    self.output = Linear(output, &weights)
    addition = Addition(norms, scale: scale, width: width, &weights)
  }

  /// What the half makes of rows of the residual stream and of weighted values.
  func forward(_ x: Matrix<K.Element>, _ weightedValues: Matrix<K.Element>) -> Rows {
    let part = output.applied(to: weightedValues)
    let sum = addition.sum(x, part.matrix)
    return Rows(part: part, sum: sum, after: addition.finished(sum))
  }

  /// Turns the gradient of what goes on into that of what came in, along the residual stream.
  ///
  /// - Returns: The gradient of weighted values.
  func differentiate(_ rows: Rows, _ gradient: MutableMatrix<K.Element>) -> Tensor<K.Element> {
    addition.differentiateStream(gradient) { rows.sum }
    return output.gradient(addition.partGradient(rows.part.matrix, gradient.matrix).matrix)
  }
}
