import CKernels
import COneDNN

extension FloatLoops {
  /// oneDNN's single-precision product.
  public static func multiply(
    transposing a: Matrix<Float>, _ b: Matrix<Float>, adding: Bool, into c: MutableMatrix<Float>
  ) {
    precondition(a.rows == b.rows && a.columns == c.rows && b.columns == c.columns)
    guard c.rows > 0, c.columns > 0 else { return }
    let status = heed_sgemm_transposed(
      c.rows, c.columns, a.rows, a.base, max(1, a.stride), b.base, max(1, b.stride),
      adding ? 1 : 0, c.base, c.stride)
    if status != 0 { PlainKernels.multiply(transposing: a, b, adding: adding, into: c) }
  }

  /// A vector loop for each row.
  public static func addLayerNormGradient(
    _ x: Matrix<Float>, gain: Tensor<Float>, epsilon: Float, gradient: Matrix<Float>,
    to result: MutableMatrix<Float>
  ) {
    addNormGradient(x, gain, epsilon, gradient, isCentred: true, result)
  }

  /// A vector loop for each row.
  public static func addRMSNormGradient(
    _ x: Matrix<Float>, gain: Tensor<Float>, epsilon: Float, gradient: Matrix<Float>,
    to result: MutableMatrix<Float>
  ) {
    addNormGradient(x, gain, epsilon, gradient, isCentred: false, result)
  }

  private static func addNormGradient(
    _ x: Matrix<Float>, _ gain: Tensor<Float>, _ epsilon: Float, _ gradient: Matrix<Float>,
    isCentred: Bool, _ result: MutableMatrix<Float>
  ) {
    precondition(gain.count == x.columns && gradient.columns == x.columns)
    precondition(gradient.rows == x.rows && result.rows == x.rows && result.columns == x.columns)
    gain.withElements { gain in
      guard let gain = gain.baseAddress else { return }
      for i in 0..<x.rows {
        heed_add_norm_gradient(
          x.base + i * x.stride, gain, gradient.base + i * gradient.stride,
          result.base + i * result.stride, x.columns, epsilon, isCentred ? 1 : 0)
      }
    }
  }

  /// A vector loop for each row.
  public static func differentiate(
    _ activation: Activation, at x: Matrix<Float>, gradient: MutableMatrix<Float>
  ) {
    precondition(x.rows == gradient.rows && x.columns == gradient.columns)
    Parallel.forEach(x.rows, grain: max(1, 16_384 / max(1, x.columns))) { i in
      heed_differentiate_row(
        x.base + i * x.stride, gradient.base + i * gradient.stride, x.columns, code(activation))
    }
  }

  /// A vector loop for each row.
  public static func differentiateSoftmax(
    _ weights: Matrix<Float>, gradient: MutableMatrix<Float>
  ) {
    precondition(weights.rows == gradient.rows && weights.columns == gradient.columns)
    for i in 0..<weights.rows {
      heed_differentiate_softmax(
        weights.base + i * weights.stride, gradient.base + i * gradient.stride, weights.columns)
    }
  }

  /// The plain loop: few models cap anything.
  public static func differentiateCap(
    _ capped: Matrix<Float>, at limit: Float, gradient: MutableMatrix<Float>
  ) {
    PlainKernels.differentiateCap(capped, at: limit, gradient: gradient)
  }

  /// The plain loop: few models clip anything.
  public static func differentiateClip(
    _ x: Matrix<Float>, to range: ClosedRange<Float>, gradient: MutableMatrix<Float>
  ) {
    PlainKernels.differentiateClip(x, to: range, gradient: gradient)
  }

  /// A vector loop for each row.
  public static func dots(_ a: Matrix<Float>, _ b: Matrix<Float>) -> [Double] {
    precondition(a.rows == b.rows && a.columns == b.columns)
    return (0..<a.rows).map {
      heed_dot(a.base + $0 * a.stride, b.base + $0 * b.stride, a.columns)
    }
  }
}
