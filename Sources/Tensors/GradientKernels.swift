/// The operations that a backward pass is made of besides those of the forward pass.
///
/// A gradient is that of one scalar with respect to every number of a matrix, in the matrix's shape.
public protocol GradientKernels<Element>: Sendable {
  /// The number type.
  associatedtype Element: Scalar

  /// `c = aᵀ · b`, or `c += aᵀ · b` when `adding`.
  ///
  /// - Parameters:
  ///   - a: `[inner, m]`.
  ///   - b: `[inner, n]`.
  ///   - c: `[m, n]`; must not overlap the others.
  static func multiply(
    transposing a: Matrix<Element>, _ b: Matrix<Element>, adding: Bool,
    into c: MutableMatrix<Element>)

  /// Adds the gradient of a layer norm's input.
  ///
  /// With `x̂ = (x − mean) / σ`, `g = gradient · gain` and means over a row:
  /// `result += (g − mean g − x̂ · mean(g · x̂)) / σ`.
  ///
  /// - Parameters:
  ///   - x: What was normalised, `[rows, columns]`.
  ///   - gain: `[columns]`.
  ///   - gradient: Of the norm's output.
  ///   - result: Of its input; must not overlap the others.
  static func addLayerNormGradient(
    _ x: Matrix<Element>, gain: Tensor<Element>, epsilon: Element, gradient: Matrix<Element>,
    to result: MutableMatrix<Element>)

  /// Adds the gradient of a root-mean-square norm's input: as of a layer norm, without the means of
  /// `x` and `g`.
  static func addRMSNormGradient(
    _ x: Matrix<Element>, gain: Tensor<Element>, epsilon: Element, gradient: Matrix<Element>,
    to result: MutableMatrix<Element>)

  /// `gradient *= activation'(x)`, number by number.
  static func differentiate(
    _ activation: Activation, at x: Matrix<Element>, gradient: MutableMatrix<Element>)

  /// The gradient of scores from that of their softmax, in place:
  /// `gradient = weights · (gradient − Σ weights · gradient)` for every row.
  ///
  /// - Parameter weights: Rows of a softmax; they may sum to less than one, as with a learned sink.
  static func differentiateSoftmax(
    _ weights: Matrix<Element>, gradient: MutableMatrix<Element>)

  /// `gradient *= 1 − (capped / limit)²`, the derivative of `limit · tanh(x / limit)`.
  static func differentiateCap(
    _ capped: Matrix<Element>, at limit: Element, gradient: MutableMatrix<Element>)

  /// Zeroes the gradient where `x` was cut off: outside a range.
  static func differentiateClip(
    _ x: Matrix<Element>, to range: ClosedRange<Element>, gradient: MutableMatrix<Element>)

  /// What `addByDistance` passes back: with `r` the entry of `rows` for the distance
  /// `firstQuery + i − j`, `queries[i, r] += gradient[i, j]` and `keys[j, r] += gradient[i, j]`.
  ///
  /// - Parameters:
  ///   - gradient: Of scores, queries from `firstQuery` on, keys from 0.
  ///   - rows: Numbers below `table`, for distances from `−rows.count / 2` on.
  ///   - queries: `[gradient.rows, table]`; nil leaves it out.
  ///   - keys: `[gradient.columns, table]`; nil leaves it out.
  static func sumByDistance(
    _ gradient: Matrix<Element>, rows: [Int32], firstQuery: Int,
    queries: MutableMatrix<Element>?, keys: MutableMatrix<Element>?)

  /// Σ a · b of every row.
  static func dots(_ a: Matrix<Element>, _ b: Matrix<Element>) -> [Double]
}
