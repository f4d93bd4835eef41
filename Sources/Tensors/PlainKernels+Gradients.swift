extension PlainKernels {
  /// Three loops, a row of `c` at a time.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func multiply(
    transposing a: Matrix<Element>, _ b: Matrix<Element>, adding: Bool,
    into c: MutableMatrix<Element>
  ) {
    precondition(a.rows == b.rows && a.columns == c.rows && b.columns == c.columns)
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        var sum: Element = 0
        for k in 0..<a.rows { sum += a.base[k * a.stride + i] * b.base[k * b.stride + j] }
        let index = i * c.stride + j
        c.base[index] = adding ? c.base[index] + sum : sum
      }
    }
  }

  /// Row by row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func addLayerNormGradient(
    _ x: Matrix<Element>, gain: Tensor<Element>, epsilon: Element, gradient: Matrix<Element>,
    to result: MutableMatrix<Element>
  ) {
    let count = Element(x.columns)
    for i in 0..<x.rows {
      let mean = x.withRow(i) { $0.reduce(0, +) } / count
      let variance = x.withRow(i) { $0.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } } / count
      addNormGradient(
        x, row: i, mean: mean, scale: 1 / (variance + epsilon).squareRoot(), gain: gain,
        gradient: gradient, isCentred: true, to: result)
    }
  }

  /// Row by row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func addRMSNormGradient(
    _ x: Matrix<Element>, gain: Tensor<Element>, epsilon: Element, gradient: Matrix<Element>,
    to result: MutableMatrix<Element>
  ) {
    for i in 0..<x.rows {
      let meanSquare = x.withRow(i) { $0.reduce(0) { $0 + $1 * $1 } } / Element(x.columns)
      addNormGradient(
        x, row: i, mean: 0, scale: 1 / (meanSquare + epsilon).squareRoot(), gain: gain,
        gradient: gradient, isCentred: false, to: result)
    }
  }

  @_specialize(where Element == Float) @_specialize(where Element == Double)
  private static func addNormGradient(
    _ x: Matrix<Element>, row: Int, mean: Element, scale: Element, gain: Tensor<Element>,
    gradient: Matrix<Element>, isCentred: Bool, to result: MutableMatrix<Element>
  ) {
    let width = x.columns
    var (sum, product): (Element, Element) = (0, 0)
    for j in 0..<width {
      let g = gradient[row, j] * gain.storage.base[j]
      sum += g
      product += g * (x[row, j] - mean) * scale
    }
    let average = isCentred ? sum / Element(width) : 0
    product /= Element(width)
    for j in 0..<width {
      let g = gradient[row, j] * gain.storage.base[j]
      result[row, j] += (g - average - (x[row, j] - mean) * scale * product) * scale
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func differentiate(
    _ activation: Activation, at x: Matrix<Element>, gradient: MutableMatrix<Element>
  ) {
    for i in 0..<x.rows {
      for j in 0..<x.columns { gradient[i, j] *= derivative(activation, x[i, j]) }
    }
  }

  /// The derivative of the activation function at one number; of `relu`, 0 at 0.
  public static func derivative(_ activation: Activation, _ x: Element) -> Element {
    /// Of x σ(factor · x).
    func gated(_ factor: Element) -> Element {
      let open = 1 / (1 + Element.exp(-factor * x))
      return open * (1 + factor * x * (1 - open))
    }
    switch activation {
    case .gelu:
      let phi = (1 + Element.erf(x * Element(0.5).squareRoot())) / 2
      return phi + x * Element.exp(-x * x / 2) / Element(2 * Double.pi).squareRoot()
    case .geluTanh:
      let root = Element(2 / Double.pi).squareRoot()
      let t = Element.tanh(root * (x + Element(0.044715) * x * x * x))
      return (1 + t) / 2 + x * (1 - t * t) / 2 * root * (1 + Element(3 * 0.044715) * x * x)
    case .relu: return x > 0 ? 1 : 0
    case .silu: return gated(1)
    case .quickGELU: return gated(Element(1.702))
    }
  }

  /// Row by row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func differentiateSoftmax(
    _ weights: Matrix<Element>, gradient: MutableMatrix<Element>
  ) {
    for i in 0..<weights.rows {
      var sum: Element = 0
      for j in 0..<weights.columns { sum += weights[i, j] * gradient[i, j] }
      for j in 0..<weights.columns { gradient[i, j] = weights[i, j] * (gradient[i, j] - sum) }
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func differentiateCap(
    _ capped: Matrix<Element>, at limit: Element, gradient: MutableMatrix<Element>
  ) {
    for i in 0..<capped.rows {
      for j in 0..<capped.columns {
        let share = capped[i, j] / limit
        gradient[i, j] *= 1 - share * share
      }
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func differentiateClip(
    _ x: Matrix<Element>, to range: ClosedRange<Element>, gradient: MutableMatrix<Element>
  ) {
    for i in 0..<x.rows {
      for j in 0..<x.columns where !range.contains(x[i, j]) { gradient[i, j] = 0 }
    }
  }

  /// Row by row, in double precision.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func dots(_ a: Matrix<Element>, _ b: Matrix<Element>) -> [Double] {
    precondition(a.rows == b.rows && a.columns == b.columns)
    return (0..<a.rows).map { i in
      var sum = 0.0
      for j in 0..<a.columns { sum += Double(a[i, j]) * Double(b[i, j]) }
      return sum
    }
  }
}
