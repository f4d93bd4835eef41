/// An activation function of an MLP.
public enum Activation: String, Sendable, CaseIterable {
  /// x Φ(x), with the error function.
  case gelu
  /// The tanh approximation of GELU, which GPT-2 uses.
  case geluTanh
  /// max(0, x).
  case relu
  /// x σ(x), also called swish.
  case silu
}

/// The operations that a forward pass is made of, for one number type.
///
/// Two implementations: `OneDNNKernels` (Float, fast) and `PlainKernels` (any scalar, readable). Tests
/// compare them. All of them accept empty matrices.
public protocol Kernels: Sendable {
  associatedtype Element: Scalar

  /// `c = scale · a · b` or `c += scale · a · b`; with `transposed`, `b` is given as `[columns of c, inner]`.
  ///
  /// - Parameters:
  ///   - a: `[m, inner]`.
  ///   - b: `[inner, n]`, or `[n, inner]` when transposed.
  ///   - c: `[m, n]`; must not overlap `a` or `b`.
  static func multiply(
    _ a: Matrix<Element>, _ b: Matrix<Element>, transposed: Bool, scale: Element, adding: Bool,
    into c: MutableMatrix<Element>)

  /// Replaces every row by its softmax; a row of only −∞ becomes zeros.
  static func softmax(_ m: MutableMatrix<Element>)

  /// `(x − mean) / sqrt(variance + epsilon) · gain + bias` for every row.
  ///
  /// - Parameters:
  ///   - gain: `[columns]`.
  ///   - bias: `[columns]`.
  static func layerNorm(
    _ x: Matrix<Element>, gain: Tensor<Element>, bias: Tensor<Element>, epsilon: Element,
    into y: MutableMatrix<Element>)

  /// `x / sqrt(mean of x² + epsilon) · gain` for every row.
  static func rmsNorm(
    _ x: Matrix<Element>, gain: Tensor<Element>, epsilon: Element, into y: MutableMatrix<Element>)

  /// Applies an activation function in place.
  static func activate(_ m: MutableMatrix<Element>, _ activation: Activation)
}
