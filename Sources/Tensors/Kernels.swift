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
  /// x σ(1.702 x), the sigmoid approximation of GELU.
  case quickGELU
}

/// The operations that a forward pass is made of, for one number type.
///
/// Three implementations: `OneDNNKernels` (Float, fast), `BFloat16Kernels` (Float, products of bfloat16
/// numbers, faster) and `PlainKernels` (any scalar, readable). Tests compare them. All of them accept
/// empty matrices. Loops over numbers belong here and nowhere above: generic code in another module is not specialised, and runs a hundred times slower.
public protocol Kernels<Element>: GradientKernels, TileKernels {
  /// The number type of the matrices of linear layers.
  associatedtype Weight: TensorElement

  /// `c = scale · a · b`, or `c += scale · a · b` when `adding`.
  ///
  /// - Parameters:
  ///   - a: `[m, inner]`.
  ///   - b: `[inner, n]`, or `[n, inner]` when `transposed`.
  ///   - c: `[m, n]`; must not overlap `a` or `b`.
  static func multiply(
    _ a: Matrix<Element>, _ b: Matrix<Element>, transposed: Bool, scale: Element, adding: Bool,
    into c: MutableMatrix<Element>)

  /// `y = activation(x · w + bias)`, or `y += x · w + bias` when `adding`.
  ///
  /// - Parameters:
  ///   - x: `[rows, inputs]`.
  ///   - w: `[inputs, outputs]`, or `[outputs, inputs]` when `transposed`.
  ///   - bias: `[outputs]`, one row; nil for none.
  ///   - activation: Applied to the sum; nil for none. Not together with `adding`.
  ///   - y: `[rows, outputs]`; must not overlap the others.
  static func linear(
    _ x: Matrix<Element>, _ w: Matrix<Weight>, transposed: Bool, bias: Matrix<Element>?,
    activation: Activation?, adding: Bool, into y: MutableMatrix<Element>)

  /// Replaces every row by its softmax.
  ///
  /// - Parameter m: Rows with at least one finite number each; −∞ becomes zero.
  static func softmax(_ m: MutableMatrix<Element>)

  /// Replaces every row by its part of the softmax over the row and one number more, so that a row
  /// sums to what that number leaves.
  static func softmax(_ m: MutableMatrix<Element>, sink: Element)

  /// `limit · tanh(x / limit)`, number by number.
  static func cap(_ m: MutableMatrix<Element>, at limit: Element)

  /// `min(max(x, range.lowerBound), range.upperBound) + shift`, number by number.
  static func clip(
    _ m: MutableMatrix<Element>, to range: ClosedRange<Element>, adding shift: Element)

  /// Applies an activation function, number by number.
  static func activate(_ m: MutableMatrix<Element>, _ activation: Activation)

  /// `(x − mean) / sqrt(variance + epsilon) · gain + bias` for every row.
  ///
  /// - Parameters:
  ///   - gain: `[columns]`.
  ///   - bias: `[columns]`.
  ///   - y: May be `x`.
  static func layerNorm(
    _ x: Matrix<Element>, gain: Tensor<Element>, bias: Tensor<Element>, epsilon: Element,
    into y: MutableMatrix<Element>)

  /// `x / sqrt(mean of x² + epsilon) · gain` for every row.
  ///
  /// - Parameters:
  ///   - gain: `[columns]`.
  ///   - y: May be `x`.
  static func rmsNorm(
    _ x: Matrix<Element>, gain: Tensor<Element>, epsilon: Element, into y: MutableMatrix<Element>)

  /// `a = a · b`, number by number.
  static func multiply(_ a: MutableMatrix<Element>, by b: Matrix<Element>)

  /// `a = a + scale · b`, number by number.
  static func add(_ b: Matrix<Element>, scale: Element, to a: MutableMatrix<Element>)

  /// `a = factor · a`, number by number.
  static func scale(_ a: MutableMatrix<Element>, by factor: Element)

  /// Puts −∞ outside of the columns that a row may see.
  ///
  /// - Parameter visible: Of a row; only what lies within the row counts.
  static func hide(_ scores: MutableMatrix<Element>, outside visible: (Int) -> Range<Int>)

  /// Turns every row by its angles: with `half` columns of `cosines`, number `i < half` of a row and
  /// number `half + i` become `a·cos − b·sin` and `b·cos + a·sin`; later columns stay.
  ///
  /// - Parameters:
  ///   - m: One head's queries or keys, `[seq, dHead]`.
  ///   - cosines: `[seq, half]`.
  ///   - sines: `[seq, half]`.
  static func rotate(_ m: MutableMatrix<Element>, cosines: Matrix<Element>, sines: Matrix<Element>)

  /// The same with neighbours for pairs: numbers `2i` and `2i + 1`.
  static func rotatePairs(
    _ m: MutableMatrix<Element>, cosines: Matrix<Element>, sines: Matrix<Element>)

  /// `sums[i] = ln(exp sums[i] + Σ exp of row i)`: one part after another gives the logarithm of all of a
  /// softmax's denominator.
  ///
  /// - Parameter sums: One for each row; −∞ to begin with.
  static func addLogSums(of m: Matrix<Element>, to sums: inout [Double])

  /// `maxima[i] = max(maxima[i], row i)`, one for each row.
  static func raise(_ maxima: inout [Double], toMaximaOf m: Matrix<Element>)

  /// The Jensen–Shannon divergence of the softmax of every row of `a` and `b`, in nats.
  ///
  /// With `m = (p + q) / 2` and `r = (q − p) / (q + p)` it is
  /// `½ Σ m ((1 + r) ln(1 + r) + (1 − r) ln(1 − r))`, which loses no digits where `p` and `q` are close.
  ///
  /// - Parameters:
  ///   - logSums: ln Σ exp of every row of `a`, then of `b`.
  static func divergences(
    _ a: Matrix<Element>, _ b: Matrix<Element>, logSums: [Double], _ others: [Double]
  ) -> [Double]

  /// Σ |a − b| over all numbers of two windows of the same size.
  static func sumOfDifferences(_ a: Matrix<Element>, _ b: Matrix<Element>) -> Double

  /// `scores[i, j] += queries[i, r] + keys[j, r]`, with `r` the entry of `rows` for the distance
  /// `firstQuery + i − j`.
  ///
  /// - Parameters:
  ///   - queries: `[scores.rows, table]`; nil for zeros.
  ///   - keys: At least `scores.columns` rows of `table` numbers; nil for zeros.
  ///   - rows: Numbers below `table`, for distances from `−rows.count / 2` on.
  ///   - scores: Queries from `firstQuery` on, keys from 0.
  static func addByDistance(
    queries: Matrix<Element>?, keys: Matrix<Element>?, rows: [Int32], firstQuery: Int,
    to scores: MutableMatrix<Element>)

  /// Whether no number is infinite or NaN.
  static func allFinite(_ m: Matrix<Element>) -> Bool

  /// The sum of one row's weights on some keys.
  ///
  /// - Parameters:
  ///   - keys: Places before `shift` is added.
  ///   - shift: Added to each key; keys outside the row count nothing.
  static func sum(
    _ weights: Matrix<Element>, row: Int, keys: ArraySlice<Int32>, shift: Int
  ) -> Double

  /// The Jensen–Shannon divergence of one row of two maps, in nats; zero weights add nothing.
  static func divergence(_ a: Matrix<Element>, _ b: Matrix<Element>, row: Int) -> Double
}

extension Kernels {
  /// `a = a + b`, number by number.
  public static func add(_ b: Matrix<Element>, to a: MutableMatrix<Element>) {
    add(b, scale: 1, to: a)
  }
}
