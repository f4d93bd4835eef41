import Models
import Tensors

/// Norms and products of one head's matrices that are as narrow as the head.
struct SmallProducts: Sendable {
  /// `WᵀW` of the query, key and value matrices and `W Wᵀ` of the output matrix, `[dHead, dHead]`.
  let query, key, value, output: Tensor<Double>

  init<Element: Scalar>(_ weights: HeadWeights<Element>) {
    query = Self.gram(weights.query)
    key = Self.gram(weights.key)
    value = Self.gram(weights.value)
    output = Self.gram(weights.output.matrix.transposed)
  }

  /// ‖W_V W_O‖, Frobenius.
  var valueOutputNorm: Double { Self.trace(value, output).squareRoot() }
  /// ‖W_Q W_Kᵀ‖, Frobenius.
  var queryKeyNorm: Double { Self.trace(query, key).squareRoot() }

  /// `aᵀ a`, in double precision.
  static func gram<Element: Scalar>(_ a: Tensor<Element>) -> Tensor<Double> {
    product(transposing: a, a)
  }

  /// `aᵀ b`, multiplied in `Element`.
  static func product<Element: Scalar>(
    transposing a: Tensor<Element>, _ b: Tensor<Element>
  ) -> Tensor<Double> {
    var result = Tensor<Element>(uninitialized: [a.shape[1], b.shape[1]])
    Element.PreferredKernels.multiply(
      transposing: a.matrix, b.matrix, adding: false, into: result.mutableMatrix())
    return result.converted(to: Double.self)
  }

  /// `a b`.
  static func product(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Tensor<Double> {
    var result = Tensor<Double>(uninitialized: [a.shape[0], b.shape[1]])
    PlainKernels.multiply(
      a.matrix, b.matrix, transposed: false, scale: 1, adding: false,
      into: result.mutableMatrix())
    return result
  }

  /// The trace of `a b` for a symmetric `b`, both square.
  static func trace(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double {
    a.withElements { a in b.withElements { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
  }
}
