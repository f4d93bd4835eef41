import Models
import Tensors

/// Norms and products of one head's matrices that are as narrow as the head.
enum SmallProducts {
  /// `aᵀ a`, in double precision.
  static func gram<Element: Scalar>(_ a: Tensor<Element>) -> Tensor<Double> {
    var result = Tensor<Element>(uninitialized: [a.shape[1], a.shape[1]])
    Element.PreferredKernels.multiply(
      transposing: a.matrix, a.matrix, adding: false, into: result.mutableMatrix())
    return result.converted(to: Double.self)
  }

  /// `a b`.
  static func product<Element: Scalar>(
    _ a: Tensor<Element>, _ b: Tensor<Element>
  ) -> Tensor<Element> {
    var result = Tensor<Element>(uninitialized: [a.shape[0], b.shape[1]])
    Element.PreferredKernels.multiply(
      a.matrix, b.matrix, transposed: false, scale: 1, adding: false,
      into: result.mutableMatrix())
    return result
  }

  /// ‖a b‖, Frobenius, of a tall `a` and a wide `b`: `tr(aᵀa · b bᵀ)` is its square.
  static func norm<Element: Scalar>(_ a: Tensor<Element>, _ b: Tensor<Element>) -> Double {
    let (left, right) = (gram(a), gram(b.matrix.transposed))
    return zip(left.elements, right.elements).reduce(0) { $0 + $1.0 * $1.1 }.squareRoot()
  }

  /// The upper triangular factor of a symmetric matrix with no eigenvalue below zero: `factorᵀ · factor` is the
  /// matrix again.
  ///
  /// A direction that the matrix does not have, up to rounding, gets a row of zeros. With `a = q · r` and
  /// orthonormal columns of `q`, this is `r` for the matrix `aᵀ a`: what has the norms of `a` and is small.
  ///
  /// Source: Cholesky; Golub and Van Loan 2013, "Matrix Computations", 4.2.
  static func factor(_ gram: Tensor<Double>) -> Tensor<Double> {
    let size = gram.shape[0]
    var a = gram.elements
    let limit = (0..<size).reduce(0) { max($0, a[$1 * size + $1]) } * Double(size) * .ulpOfOne
    for pivot in 0..<size {
      let row = pivot * size
      let diagonal = a[row + pivot]
      let root = diagonal > limit ? diagonal.squareRoot() : 0
      for column in 0..<pivot { a[row + column] = 0 }
      for column in pivot..<size { a[row + column] = root > 0 ? a[row + column] / root : 0 }
      guard root > 0 else { continue }
      for later in pivot + 1..<size {
        let share = a[row + later]
        for column in later..<size { a[later * size + column] -= share * a[row + column] }
      }
    }
    return Tensor(a, shape: [size, size])
  }
}
