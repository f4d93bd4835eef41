import Tensors

/// The singular values of small matrices.
///
/// Goals: right for any spectrum, the repeated ones included; no library, for this is all that is needed of
/// one. Householder's reduction to a tridiagonal matrix, then QL with implicit shifts, values only, as in
/// Wilkinson & Reinsch 1971, "Handbook for Automatic Computation", II.2 and II.3.
enum Spectrum {
  /// exp of the entropy of σ² / Σσ²: how many directions a matrix really has.
  ///
  /// Source: Roy & Vetterli 2007, "The Effective Rank", there with σ in place of σ².
  ///
  /// - Parameter matrix: Row after row.
  /// - Returns: From 1 to the rank; `.nan` for a matrix of zeros.
  static func effectiveRank(_ matrix: [Double], rows: Int, columns: Int) -> Double {
    let energies = eigenvalues(gram(matrix, rows: rows, columns: columns), size: rows)
      .map { max(0, $0) }
    let total = energies.reduce(0, +)
    guard total > 0 else { return .nan }
    return Double.exp(
      energies.reduce(0) { sum, energy in
        let share = energy / total
        return share > 0 ? sum - share * Double.log(share) : sum
      })
  }

  /// M · Mᵀ, `[rows, rows]`.
  private static func gram(_ matrix: [Double], rows: Int, columns: Int) -> [Double] {
    let m = Tensor(matrix, shape: [rows, columns])
    var result = Tensor<Double>(uninitialized: [rows, rows])
    Double.PreferredKernels.multiply(
      m.matrix, m.matrix, transposed: true, scale: 1, adding: false, into: result.mutableMatrix())
    return result.elements
  }

  /// The eigenvalues of a symmetric matrix, in no order.
  static func eigenvalues(_ matrix: [Double], size n: Int) -> [Double] {
    guard n > 1 else { return matrix }
    var (diagonal, beside) = tridiagonal(matrix, n)
    for l in 0..<n {
      // Few rounds are ever needed; the bound keeps a NaN from going round for ever.
      for _ in 0..<60 {
        var m = l
        while m < n - 1 {
          let size = abs(diagonal[m]) + abs(diagonal[m + 1])
          if abs(beside[m]) <= Double.ulpOfOne * size { break }
          m += 1
        }
        if m == l { break }
        rotate(&diagonal, &beside, from: l, to: m)
      }
    }
    return diagonal
  }

  /// One QL step with an implicit shift on rows `l...m`.
  private static func rotate(
    _ diagonal: inout [Double], _ beside: inout [Double], from l: Int, to m: Int
  ) {
    var g = (diagonal[l + 1] - diagonal[l]) / (2 * beside[l])
    let root = (g * g + 1).squareRoot()
    g = diagonal[m] - diagonal[l] + beside[l] / (g + (g < 0 ? -root : root))
    var (sine, cosine, shift) = (1.0, 1.0, 0.0)
    for i in stride(from: m - 1, through: l, by: -1) {
      let f = sine * beside[i]
      let b = cosine * beside[i]
      let length = (f * f + g * g).squareRoot()
      beside[i + 1] = length
      guard length > 0 else {
        diagonal[i + 1] -= shift
        beside[m] = 0
        return
      }
      sine = f / length
      cosine = g / length
      g = diagonal[i + 1] - shift
      let turned = (diagonal[i] - g) * sine + 2 * cosine * b
      shift = sine * turned
      diagonal[i + 1] = g + shift
      g = cosine * turned - b
    }
    diagonal[l] -= shift
    beside[l] = g
    beside[m] = 0
  }

  /// A tridiagonal matrix with the same eigenvalues: its diagonal, and what stands beside it.
  private static func tridiagonal(
    _ matrix: [Double], _ n: Int
  ) -> (diagonal: [Double], beside: [Double]) {
    var a = matrix
    var beside = [Double](repeating: 0, count: n)
    for k in 0..<n - 1 {
      // A reflection that leaves one number below the diagonal of column k.
      let column = (k + 1..<n).map { a[$0 * n + k] }
      let length = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let target = column[0] > 0 ? -length : length
      beside[k] = target
      guard length > 0 else { continue }
      var v = column
      v[0] -= target
      let square = v.reduce(0) { $0 + $1 * $1 }
      guard square > 0 else { continue }
      let size = n - k - 1
      // A ← H A H with H = I − 2vvᵀ/‖v‖², as A − v wᵀ − w vᵀ.
      var p = [Double](repeating: 0, count: size)
      for i in 0..<size {
        let row = (k + 1 + i) * n + k + 1
        var sum = 0.0
        for j in 0..<size { sum += a[row + j] * v[j] }
        p[i] = 2 * sum / square
      }
      let factor = zip(p, v).reduce(0) { $0 + $1.0 * $1.1 } / square
      let w = zip(p, v).map { $0 - factor * $1 }
      for i in 0..<size {
        let row = (k + 1 + i) * n + k + 1
        for j in 0..<size { a[row + j] -= v[i] * w[j] + w[i] * v[j] }
      }
    }
    return ((0..<n).map { a[$0 * n + $0] }, beside)
  }
}
