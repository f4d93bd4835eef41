import CKernels
import COneDNN

/// Kernels whose products take bfloat16 numbers, and multiply and add in single precision.
///
/// Everything between products stays in single precision. Matrices of linear layers are used as they
/// are stored when that is bfloat16; what they are multiplied by is rounded, product by product. A
/// factor that is rounded is off by at most 2⁻⁹ of itself, so a product of `n` terms by at most 2⁻⁸ of
/// the sum of their magnitudes, and typically by 2⁻⁸ / √n of it.
///
/// Half the bytes and, where the processor has such products, twice the speed. Elsewhere the same
/// rounded numbers go through `OneDNNKernels`.
public enum BFloat16Kernels: Kernels, FloatLoops {
  /// Single precision.
  public typealias Element = Float
  /// Matrices are multiplied as they are stored.
  public typealias Weight = BFloat16
  /// What products take is kept as they take it.
  public static var roundsFactors: Bool { true }

  /// Whether the processor multiplies bfloat16 numbers itself.
  public static var isFast: Bool { heed_has_bfloat16() != 0 }

  /// Rounds both factors; a scale goes into the first before it is rounded.
  public static func multiply(
    _ a: Matrix<Float>, _ b: Matrix<Float>, transposed: Bool, scale: Float, adding: Bool,
    into c: MutableMatrix<Float>
  ) {
    let (a, b) = (a.rounded(scale: scale), b.rounded())
    product(a.matrix, b.matrix, transposed: transposed, adding: adding, into: c)
  }

  /// Rounds `x`; then bias and activation in one pass over the result.
  public static func linear(
    _ x: Matrix<Float>, _ w: Matrix<BFloat16>, transposed: Bool, bias: Matrix<Float>?,
    activation: Activation?, adding: Bool, into y: MutableMatrix<Float>
  ) {
    precondition(bias.map { $0.rows == 1 && $0.columns == y.columns } ?? true)
    product(x.rounded().matrix, w, transposed: transposed, adding: adding, into: y)
    finish(y, bias: bias, activation)
  }

  /// `c = a · b`, or `c += a · b`.
  static func product(
    _ a: Matrix<BFloat16>, _ b: Matrix<BFloat16>, transposed: Bool, adding: Bool,
    into c: MutableMatrix<Float>
  ) {
    precondition(a.rows == c.rows && (transposed ? b.rows : b.columns) == c.columns)
    precondition(a.columns == (transposed ? b.columns : b.rows))
    guard c.rows > 0, c.columns > 0 else { return }
    // oneDNN compiles a product for its sizes. Those of attention vary with the keys that are visible:
    // cut to pieces of one size and a rest, they are few.
    let count = transposed ? c.columns : a.columns
    guard count > piece, a.rows < piece else {
      return wholeProduct(a, b, transposed: transposed, adding: adding, into: c)
    }
    for start in stride(from: 0, to: count, by: piece) {
      let part = start..<min(count, start + piece)
      if transposed {
        wholeProduct(
          a, b.rows(part), transposed: true, adding: adding,
          into: c.window(rows: 0..<c.rows, columns: part))
      } else {
        wholeProduct(
          a.columns(part), b.rows(part), transposed: false, adding: adding || start > 0, into: c)
      }
    }
  }

  private static let piece = 4096

  private static func wholeProduct(
    _ a: Matrix<BFloat16>, _ b: Matrix<BFloat16>, transposed: Bool, adding: Bool,
    into c: MutableMatrix<Float>
  ) {
    let status = heed_bfloat16_product(
      transposed ? 1 : 0, c.rows, c.columns, a.columns, a.bits, max(1, a.stride), b.bits,
      max(1, b.stride), adding ? 1 : 0, c.base, c.stride)
    guard status != 0 else { return }
    OneDNNKernels.multiply(
      a.widened().matrix, b.widened().matrix, transposed: transposed, scale: 1, adding: adding,
      into: c)
  }
}

extension Matrix where Element == Float {
  /// The numbers times `scale`, rounded, `[rows, columns]`.
  public func rounded(scale: Float = 1) -> Tensor<BFloat16> {
    var result = Tensor<BFloat16>(uninitialized: [rows, columns])
    let target = result.mutableMatrix()
    let base = UncheckedPair(base, target.matrix.bits)
    Parallel.forEach(rows, grain: max(1, 65_536 / max(1, columns))) { row in
      heed_narrow_bfloat16(
        base.source + row * stride, base.target + row * columns, columns, scale)
    }
    return result
  }
}

extension Matrix where Element == BFloat16 {
  /// The numbers in single precision, `[rows, columns]`.
  public func widened() -> Tensor<Float> {
    var result = Tensor<Float>(uninitialized: [rows, columns])
    let target = result.mutableMatrix()
    for row in 0..<rows {
      heed_widen_bfloat16(base + row * stride, target.base + row * columns, columns)
    }
    return result
  }

  fileprivate var bits: UnsafeMutablePointer<UInt16> {
    // A BFloat16 is one UInt16 and nothing else.
    UnsafeMutableRawPointer(base).assumingMemoryBound(to: UInt16.self)
  }
}

/// Where threads read and write, each its own rows.
private struct UncheckedPair: @unchecked Sendable {
  let source: UnsafeMutablePointer<Float>
  let target: UnsafeMutablePointer<UInt16>
  init(_ source: UnsafeMutablePointer<Float>, _ target: UnsafeMutablePointer<UInt16>) {
    self.source = source
    self.target = target
  }
}
