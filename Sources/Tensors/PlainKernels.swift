/// The kernels as their formulas read, for any scalar.
///
/// Goals, in this order: obviously right; accurate (sums run in `Element`, so use `Double` to settle a
/// disagreement); fast enough for small models. The last is why each is specialised by hand: callers
/// reach them through a protocol from another module, where the compiler would not.
public enum PlainKernels<Element: Scalar>: Kernels {
  /// Matrices are multiplied in the type of everything else.
  public typealias Weight = Element

  /// Three loops, a row of `c` at a time.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func multiply(
    _ a: Matrix<Element>, _ b: Matrix<Element>, transposed: Bool, scale: Element, adding: Bool,
    into c: MutableMatrix<Element>
  ) {
    precondition(a.rows == c.rows && (transposed ? b.rows : b.columns) == c.columns)
    precondition(a.columns == (transposed ? b.columns : b.rows))
    Parallel.forEach(c.rows, grain: max(1, 100_000 / max(1, c.columns * a.columns))) { i in
      for j in 0..<c.columns {
        var sum: Element = 0
        if transposed {
          for k in 0..<a.columns { sum += a.base[i * a.stride + k] * b.base[j * b.stride + k] }
        } else {
          for k in 0..<a.columns { sum += a.base[i * a.stride + k] * b.base[k * b.stride + j] }
        }
        let index = i * c.stride + j
        c.base[index] = adding ? c.base[index] + scale * sum : scale * sum
      }
    }
  }

  /// Product, bias and activation, one after the other.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func linear(
    _ x: Matrix<Element>, _ w: Matrix<Element>, transposed: Bool, bias: Matrix<Element>?,
    activation: Activation?, adding: Bool, into y: MutableMatrix<Element>
  ) {
    multiply(x, w, transposed: transposed, scale: 1, adding: adding, into: y)
    if let bias {
      precondition(bias.rows == 1 && bias.columns == y.columns)
      for i in 0..<y.rows { y.withRow(i) { row in for j in row.indices { row[j] += bias[0, j] } } }
    }
    if let activation { activate(y, activation) }
  }

  /// The largest number of a row is taken off first, so that nothing overflows.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func softmax(_ m: MutableMatrix<Element>) { softmax(m, sink: -.infinity) }

  /// The sink is one more term of each row's sum.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func softmax(_ m: MutableMatrix<Element>, sink: Element) {
    for i in 0..<m.rows {
      m.withRow(i) { row in
        let highest = row.reduce(sink, max)
        var sum = Element.exp(sink - highest)
        for j in row.indices {
          row[j] = Element.exp(row[j] - highest)
          sum += row[j]
        }
        for j in row.indices { row[j] /= sum }
      }
    }
  }

  /// In two passes over each row: the mean, then the variance around it.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func layerNorm(
    _ x: Matrix<Element>, gain: Tensor<Element>, bias: Tensor<Element>, epsilon: Element,
    into y: MutableMatrix<Element>
  ) {
    precondition(gain.count == x.columns && bias.count == x.columns)
    for i in 0..<x.rows {
      x.withRow(i) { row in
        let count = Element(row.count)
        let mean = row.reduce(0, +) / count
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let scale = 1 / (variance + epsilon).squareRoot()
        for j in row.indices {
          y.base[i * y.stride + j] =
            (row[j] - mean) * scale * gain.storage.base[j] + bias.storage.base[j]
        }
      }
    }
  }

  /// In two passes over each row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func rmsNorm(
    _ x: Matrix<Element>, gain: Tensor<Element>, epsilon: Element, into y: MutableMatrix<Element>
  ) {
    precondition(gain.count == x.columns)
    for i in 0..<x.rows {
      x.withRow(i) { row in
        let meanSquare = row.reduce(0) { $0 + $1 * $1 } / Element(row.count)
        let scale = 1 / (meanSquare + epsilon).squareRoot()
        for j in row.indices { y.base[i * y.stride + j] = row[j] * scale * gain.storage.base[j] }
      }
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func activate(_ m: MutableMatrix<Element>, _ activation: Activation) {
    for i in 0..<m.rows {
      m.withRow(i) { row in for j in row.indices { row[j] = value(activation, row[j]) } }
    }
  }

  /// The activation function at one number.
  public static func value(_ activation: Activation, _ x: Element) -> Element {
    switch activation {
    case .gelu:
      return x * (1 + Element.erf(x * Element(0.5).squareRoot())) / 2
    case .geluTanh:
      let inner = Element(2 / Double.pi).squareRoot() * (x + Element(0.044715) * x * x * x)
      return x * (1 + Element.tanh(inner)) / 2
    case .relu:
      return x > 0 ? x : 0
    case .silu:
      return x / (1 + Element.exp(-x))
    case .quickGELU:
      return x / (1 + Element.exp(-Element(1.702) * x))
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func multiply(_ a: MutableMatrix<Element>, by b: Matrix<Element>) {
    precondition(a.rows == b.rows && a.columns == b.columns)
    for i in 0..<a.rows {
      for j in 0..<a.columns { a.base[i * a.stride + j] *= b.base[i * b.stride + j] }
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func add(_ b: Matrix<Element>, scale: Element, to a: MutableMatrix<Element>) {
    precondition(a.rows == b.rows && a.columns == b.columns)
    for i in 0..<a.rows {
      for j in 0..<a.columns { a.base[i * a.stride + j] += scale * b.base[i * b.stride + j] }
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func scale(_ a: MutableMatrix<Element>, by factor: Element) {
    for i in 0..<a.rows { for j in 0..<a.columns { a.base[i * a.stride + j] *= factor } }
  }

  /// Row by row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func hide(_ scores: MutableMatrix<Element>, outside visible: (Int) -> Range<Int>) {
    for i in 0..<scores.rows {
      let range = visible(i).clamped(to: 0..<scores.columns)
      for j in 0..<range.lowerBound { scores.base[i * scores.stride + j] = -.infinity }
      for j in range.upperBound..<scores.columns { scores.base[i * scores.stride + j] = -.infinity }
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func cap(_ m: MutableMatrix<Element>, at limit: Element) {
    for i in 0..<m.rows {
      m.withRow(i) { row in
        for j in row.indices { row[j] = limit * Element.tanh(row[j] / limit) }
      }
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func clip(
    _ m: MutableMatrix<Element>, to range: ClosedRange<Element>, adding shift: Element
  ) {
    for i in 0..<m.rows {
      m.withRow(i) { row in
        for j in row.indices {
          row[j] = min(max(row[j], range.lowerBound), range.upperBound) + shift
        }
      }
    }
  }

  /// Pair by pair.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func rotatePairs(
    _ m: MutableMatrix<Element>, cosines: Matrix<Element>, sines: Matrix<Element>
  ) {
    let half = cosines.columns
    precondition(cosines.rows == m.rows && sines.rows == m.rows && 2 * half <= m.columns)
    for i in 0..<m.rows {
      m.withRow(i) { row in
        for j in 0..<half {
          let (a, b) = (row[2 * j], row[2 * j + 1])
          let (cosine, sine) = (cosines[i, j], sines[i, j])
          row[2 * j] = a * cosine - b * sine
          row[2 * j + 1] = b * cosine + a * sine
        }
      }
    }
  }

  /// Pair by pair.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func rotate(
    _ m: MutableMatrix<Element>, cosines: Matrix<Element>, sines: Matrix<Element>
  ) {
    let half = cosines.columns
    precondition(cosines.rows == m.rows && sines.rows == m.rows && 2 * half <= m.columns)
    for i in 0..<m.rows {
      m.withRow(i) { row in
        for j in 0..<half {
          let (a, b) = (row[j], row[half + j])
          let (cosine, sine) = (cosines[i, j], sines[i, j])
          row[j] = a * cosine - b * sine
          row[half + j] = b * cosine + a * sine
        }
      }
    }
  }
}
