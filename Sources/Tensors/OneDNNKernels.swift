import CKernels
import COneDNN

/// The kernels on oneDNN, and on loops of our own where oneDNN has none.
///
/// oneDNN reads rows that lie back to back, except in products; a window with gaps goes through the
/// plain kernels, and so does a call that oneDNN refuses.
public enum OneDNNKernels: Kernels, FloatLoops {
  /// Single precision.
  public typealias Element = Float
  /// Matrices are multiplied in single precision.
  public typealias Weight = Float
  /// Factors are taken as they are.
  public static var roundsFactors: Bool { false }

  /// The version of oneDNN that is loaded, such as `2.6.3`.
  public static var version: String {
    let version = heed_onednn_version()
    return "\(version / 10000).\(version / 100 % 100).\(version % 100)"
  }

  /// oneDNN's single-precision product.
  public static func multiply(
    _ a: Matrix<Float>, _ b: Matrix<Float>, transposed: Bool, scale: Float, adding: Bool,
    into c: MutableMatrix<Float>
  ) {
    precondition(a.rows == c.rows && (transposed ? b.rows : b.columns) == c.columns)
    precondition(a.columns == (transposed ? b.columns : b.rows))
    guard c.rows > 0, c.columns > 0 else { return }
    let status = heed_sgemm(
      transposed ? 1 : 0, c.rows, c.columns, a.columns, scale, a.base, max(1, a.stride), b.base,
      max(1, b.stride), adding ? 1 : 0, c.base, c.stride)
    if status != 0 {
      PlainKernels.multiply(a, b, transposed: transposed, scale: scale, adding: adding, into: c)
    }
  }

  /// oneDNN's product; then bias and activation in one pass over the result.
  ///
  /// Rejected, measured on AVX2 with `[1024, 768] · [768, 3072]`: oneDNN's matmul primitive with bias and
  /// activation fused (slower than its own `sgemm` by more than the two passes cost), and its GELU
  /// (5.3 ns a number on one core, the loop here takes 0.9).
  ///
  /// Rejected, measured on AVX-512 with whole runs of 128 to 1024 tokens of GPT-2 small's shape: matmul on
  /// matrices laid out for its kernels (`BA16a64b`) once for each layer. The product alone gains a tenth, and
  /// laying out what comes from memory costs as much.
  public static func linear(
    _ x: Matrix<Float>, _ w: Matrix<Float>, transposed: Bool, bias: Matrix<Float>?,
    activation: Activation?, adding: Bool, into y: MutableMatrix<Float>
  ) {
    precondition(bias.map { $0.rows == 1 && $0.columns == y.columns } ?? true)
    multiply(x, w, transposed: transposed, scale: 1, adding: adding, into: y)
    finish(y, bias: bias, activation)
  }
}

/// What all kernels for `Float` share: everything but products.
public protocol FloatLoops: Sendable {}

extension FloatLoops {
  /// Adds a bias to every row and applies an activation function.
  static func finish(
    _ y: MutableMatrix<Float>, bias: Matrix<Float>?, _ activation: Activation?
  ) {
    guard bias != nil || activation != nil else { return }
    Parallel.forEach(y.rows, grain: max(1, 16_384 / max(1, y.columns))) { i in
      heed_finish_row(y.base + i * y.stride, bias?.base, y.columns, code(activation))
    }
  }

  static func code(_ activation: Activation?) -> heed_row_activation {
    switch activation {
    case .gelu: HEED_ROW_GELU_ERF
    case .geluTanh: HEED_ROW_GELU_TANH
    case .relu: HEED_ROW_RELU
    case .silu: HEED_ROW_SILU
    case .quickGELU: HEED_ROW_QUICK_GELU
    case nil: HEED_ROW_IDENTITY
    }
  }

  /// oneDNN's softmax.
  public static func softmax(_ m: MutableMatrix<Float>) {
    guard m.rows > 0, m.columns > 0 else { return }
    if m.stride != m.columns || heed_softmax(m.base, m.rows, m.columns) != 0 {
      PlainKernels.softmax(m)
    }
  }

  /// oneDNN's layer normalisation.
  public static func layerNorm(
    _ x: Matrix<Float>, gain: Tensor<Float>, bias: Tensor<Float>, epsilon: Float,
    into y: MutableMatrix<Float>
  ) {
    precondition(gain.count == x.columns && bias.count == x.columns)
    guard x.rows > 0, x.columns > 0 else { return }
    let dense = x.stride == x.columns && y.stride == y.columns
    let status =
      dense
      ? heed_layer_norm(
        x.base, gain.storage.base, bias.storage.base, y.base, x.rows, x.columns, epsilon) : 1
    if status != 0 { PlainKernels.layerNorm(x, gain: gain, bias: bias, epsilon: epsilon, into: y) }
  }

  /// oneDNN 2.6 has no RMS norm.
  public static func rmsNorm(
    _ x: Matrix<Float>, gain: Tensor<Float>, epsilon: Float, into y: MutableMatrix<Float>
  ) {
    precondition(gain.count == x.columns && x.rows == y.rows && x.columns == y.columns)
    for i in 0..<x.rows {
      heed_rms_norm(
        x.base + i * x.stride, gain.storage.base, y.base + i * y.stride, x.columns, epsilon)
    }
  }

  /// A vector loop.
  public static func multiply(_ a: MutableMatrix<Float>, by b: Matrix<Float>) {
    precondition(a.rows == b.rows && a.columns == b.columns)
    for i in 0..<a.rows { heed_multiply(a.base + i * a.stride, b.base + i * b.stride, a.columns) }
  }

  /// A vector loop.
  public static func add(_ b: Matrix<Float>, scale: Float, to a: MutableMatrix<Float>) {
    precondition(a.rows == b.rows && a.columns == b.columns)
    for i in 0..<a.rows {
      heed_add_scaled(a.base + i * a.stride, b.base + i * b.stride, scale, a.columns)
    }
  }

  /// A vector loop.
  public static func scale(_ a: MutableMatrix<Float>, by factor: Float) {
    for i in 0..<a.rows { heed_scale(a.base + i * a.stride, factor, a.columns) }
  }

  /// The plain loop, which writes a triangle.
  public static func hide(_ scores: MutableMatrix<Float>, outside visible: (Int) -> Range<Int>) {
    PlainKernels.hide(scores, outside: visible)
  }

  /// A vector loop.
  public static func softmax(_ m: MutableMatrix<Float>, sink: Float) {
    for i in 0..<m.rows { heed_softmax_sink(m.base + i * m.stride, m.columns, sink) }
  }

  /// A vector loop.
  public static func cap(_ m: MutableMatrix<Float>, at limit: Float) {
    for i in 0..<m.rows { heed_cap(m.base + i * m.stride, m.columns, limit) }
  }

  /// The plain loop, which is memory-bound.
  public static func clip(
    _ m: MutableMatrix<Float>, to range: ClosedRange<Float>, adding shift: Float
  ) {
    PlainKernels.clip(m, to: range, adding: shift)
  }

  /// A vector loop.
  public static func activate(_ m: MutableMatrix<Float>, _ activation: Activation) {
    finish(m, bias: nil, activation)
  }

  /// A vector loop.
  public static func rotatePairs(
    _ m: MutableMatrix<Float>, cosines: Matrix<Float>, sines: Matrix<Float>
  ) {
    let half = cosines.columns
    precondition(cosines.rows == m.rows && sines.rows == m.rows && 2 * half <= m.columns)
    for i in 0..<m.rows {
      heed_rotate_pairs(
        m.base + i * m.stride, cosines.base + i * cosines.stride, sines.base + i * sines.stride,
        half)
    }
  }

  /// A vector loop.
  public static func rotate(
    _ m: MutableMatrix<Float>, cosines: Matrix<Float>, sines: Matrix<Float>
  ) {
    let half = cosines.columns
    precondition(cosines.rows == m.rows && sines.rows == m.rows && 2 * half <= m.columns)
    for i in 0..<m.rows {
      let row = m.base + i * m.stride
      heed_rotate_halves(
        row, row + half, cosines.base + i * cosines.stride, sines.base + i * sines.stride, half)
    }
  }

  /// A vector loop for each row, rows shared out among the threads.
  public static func addLogSums(of m: Matrix<Float>, to sums: inout [Double]) {
    precondition(sums.count == m.rows)
    let rows = eachRow(m) { heed_log_sum_exp($0, m.columns) }
    for i in sums.indices { sums[i] = LogSum.joined(sums[i], rows[i]) }
  }

  /// A vector loop for each row, rows shared out among the threads.
  public static func raise(_ maxima: inout [Double], toMaximaOf m: Matrix<Float>) {
    precondition(maxima.count == m.rows)
    let rows = eachRow(m) { Double(heed_maximum($0, m.columns)) }
    for i in maxima.indices { maxima[i] = max(maxima[i], rows[i]) }
  }

  /// A vector loop for each row, rows shared out among the threads.
  public static func divergences(
    _ a: Matrix<Float>, _ b: Matrix<Float>, logSums: [Double], _ others: [Double]
  ) -> [Double] {
    precondition(a.rows == b.rows && a.columns == b.columns)
    precondition(logSums.count == a.rows && others.count == a.rows)
    let first = UnsafeRows(a)
    return eachRow(b) { row, i in
      heed_jensen_shannon(first[i], row, Float(logSums[i]), Float(others[i]), b.columns)
    }
  }

  private static func eachRow(
    _ m: Matrix<Float>, _ value: @Sendable (UnsafePointer<Float>) -> Double
  ) -> [Double] {
    eachRow(m) { row, _ in value(row) }
  }

  /// What `value` makes of every row, on several threads.
  private static func eachRow(
    _ m: Matrix<Float>, _ value: @Sendable (UnsafePointer<Float>, Int) -> Double
  ) -> [Double] {
    var result = [Double](repeating: 0, count: m.rows)
    let rows = UnsafeRows(m)
    result.withUnsafeMutableBufferPointer { result in
      guard let target = result.baseAddress.map(UncheckedPointer.init) else { return }
      Parallel.forEach(m.rows, grain: max(1, 65_536 / max(1, m.columns))) { i in
        target.base[i] = value(rows[i], i)
      }
    }
    return result
  }

  /// A vector loop for each row.
  public static func sumOfDifferences(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Double {
    precondition(a.rows == b.rows && a.columns == b.columns)
    return (0..<a.rows).reduce(0) {
      $0 + heed_sum_of_differences(a.base + $1 * a.stride, b.base + $1 * b.stride, a.columns)
    }
  }

  /// A vector loop over the exponents.
  public static func allFinite(_ m: Matrix<Float>) -> Bool {
    (0..<m.rows).allSatisfy { heed_all_finite(m.base + $0 * m.stride, m.columns) != 0 }
  }

  /// The plain loop: keys lie apart, and are few.
  public static func sum(
    _ weights: Matrix<Float>, row: Int, keys: ArraySlice<Int32>, shift: Int
  ) -> Double {
    PlainKernels.sum(weights, row: row, keys: keys, shift: shift)
  }

  /// A vector loop: H(m) − ½ H(p) − ½ H(q), with the logarithm of the entropy.
  public static func divergence(_ a: Matrix<Float>, _ b: Matrix<Float>, row: Int) -> Double {
    precondition(a.columns == b.columns)
    return a.withRow(row) { a in
      b.withRow(row) { b in
        guard let p = a.baseAddress, let q = b.baseAddress else { return 0 }
        return heed_divergence(p, q, a.count)
      }
    }
  }
}

/// A place that several threads write, each its own elements.
private struct UncheckedPointer: @unchecked Sendable {
  let base: UnsafeMutablePointer<Double>
}

/// Where the rows of a matrix lie; keeps them in place.
private struct UnsafeRows: @unchecked Sendable {
  private let matrix: Matrix<Float>

  init(_ matrix: Matrix<Float>) { self.matrix = matrix }

  subscript(row: Int) -> UnsafePointer<Float> { UnsafePointer(matrix.base + row * matrix.stride) }
}
