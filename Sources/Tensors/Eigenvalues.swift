/// One eigenvalue.
public struct Eigenvalue: Sendable, Hashable {
  /// Its parts.
  public let real, imaginary: Double

  /// √(real² + imaginary²).
  public var magnitude: Double { (real * real + imaginary * imaginary).squareRoot() }
}

/// Eigenvalues of real square matrices that need not be symmetric.
///
/// Goals, in this order: converge on every finite matrix; accurate to the rounding of the matrix's norm;
/// simple. Hence orthogonal steps only: Householder reflections to Hessenberg form, then implicit
/// double-shift QR with deflation, in double precision whatever the weights are stored as. Elimination
/// instead of reflections would halve the work and is less stable; balancing is left out, since weights
/// of one head have one scale.
///
/// Source: Francis 1961, "The QR Transformation"; Golub and Van Loan 2013, "Matrix Computations", 7.4
/// and 7.5.
public enum Eigenvalues {
  /// All eigenvalues of a matrix, pairs side by side, in no particular order.
  ///
  /// - Parameter matrix: `[n, n]`.
  /// - Returns: `n` of them; nil when a number is not finite or, which no known matrix does, the iteration
  ///   does not converge.
  /// - Complexity: O(n³), about 10 n³ multiplications.
  public static func of(_ matrix: Matrix<Double>) -> [Eigenvalue]? {
    precondition(matrix.rows == matrix.columns)
    guard PlainKernels.allFinite(matrix) else { return nil }
    var numbers = matrix.copied.elements
    return numbers.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return [] }
      let square = Square(base: base, size: matrix.rows)
      square.reduceToHessenberg()
      return square.hessenbergEigenvalues()
    }
  }
}

/// A square matrix that is worked on where it lies.
private struct Square {
  let base: UnsafeMutablePointer<Double>
  let size: Int

  subscript(row: Int, column: Int) -> Double {
    get { base[row * size + column] }
    nonmutating set { base[row * size + column] = newValue }
  }

  /// A reflection `1 − v vᵀ · factor` that turns `x` into a multiple of its first axis; nil when it
  /// already is one.
  private static func reflection(_ x: [Double]) -> (v: [Double], factor: Double, length: Double)? {
    let rest = x.dropFirst().reduce(0) { $0 + $1 * $1 }
    guard rest > 0 else { return nil }
    let norm = (x[0] * x[0] + rest).squareRoot()
    // The sign that adds, so that nothing cancels.
    let length = x[0] > 0 ? -norm : norm
    var v = x
    v[0] -= length
    return (v, 2 / (v[0] * v[0] + rest), length)
  }

  /// Rows `first...` become `(1 − factor v vᵀ)` times themselves, in some columns.
  private func reflectRows(_ first: Int, _ v: [Double], _ factor: Double, columns: Range<Int>) {
    for column in columns {
      var sum = 0.0
      for i in v.indices { sum += v[i] * self[first + i, column] }
      sum *= factor
      for i in v.indices { self[first + i, column] -= sum * v[i] }
    }
  }

  /// Columns `first...` become themselves times `(1 − factor v vᵀ)`, in some rows.
  private func reflectColumns(_ first: Int, _ v: [Double], _ factor: Double, rows: Range<Int>) {
    for row in rows {
      var sum = 0.0
      for i in v.indices { sum += v[i] * self[row, first + i] }
      sum *= factor
      for i in v.indices { self[row, first + i] -= sum * v[i] }
    }
  }

  /// Zeroes everything below the first subdiagonal, keeping the eigenvalues.
  func reduceToHessenberg() {
    for column in 0..<max(0, size - 2) {
      let x = (column + 1..<size).map { self[$0, column] }
      guard let (v, factor, length) = Self.reflection(x) else { continue }
      reflectRows(column + 1, v, factor, columns: column..<size)
      reflectColumns(column + 1, v, factor, rows: 0..<size)
      self[column + 1, column] = length
      for row in column + 2..<size { self[row, column] = 0 }
    }
  }

  /// The eigenvalues of a Hessenberg matrix, found from the lower right corner upwards.
  func hessenbergEigenvalues() -> [Eigenvalue]? {
    var found: [Eigenvalue] = []
    var last = size - 1
    var rounds = 0
    while last >= 0 {
      let first = blockStart(last)
      if first == last {
        found.append(Eigenvalue(real: self[last, last], imaginary: 0))
        last -= 1
        rounds = 0
      } else if first == last - 1 {
        found += pair(last)
        last -= 2
        rounds = 0
      } else {
        rounds += 1
        guard rounds <= 100 else { return nil }
        step(first, last, isExceptional: rounds % 10 == 0)
      }
    }
    return found
  }

  /// Where the block that ends at `last` begins: above a subdiagonal number that is as good as zero,
  /// which is made zero.
  private func blockStart(_ last: Int) -> Int {
    var start = last
    while start > 0 {
      var scale = abs(self[start - 1, start - 1]) + abs(self[start, start])
      if scale == 0 { scale = 1 }
      if abs(self[start, start - 1]) <= Double.ulpOfOne * scale {
        self[start, start - 1] = 0
        break
      }
      start -= 1
    }
    return start
  }

  /// The eigenvalues of the two by two block that ends at `last`.
  private func pair(_ last: Int) -> [Eigenvalue] {
    let (a, b) = (self[last - 1, last - 1], self[last - 1, last])
    let (c, d) = (self[last, last - 1], self[last, last])
    let (middle, half) = ((a + d) / 2, (a - d) / 2)
    let square = half * half + b * c
    guard square >= 0 else {
      let root = (-square).squareRoot()
      return [
        Eigenvalue(real: middle, imaginary: root), Eigenvalue(real: middle, imaginary: -root),
      ]
    }
    // The larger one first, the other from their product: no cancellation.
    let root = square.squareRoot()
    let larger = middle + (middle < 0 ? -root : root)
    let smaller = larger == 0 ? 0 : (a * d - b * c) / larger
    return [Eigenvalue(real: larger, imaginary: 0), Eigenvalue(real: smaller, imaginary: 0)]
  }

  /// One double-shift QR step on the block `first...last`, of three rows or more.
  private func step(_ first: Int, _ last: Int, isExceptional: Bool) {
    var sum = self[last - 1, last - 1] + self[last, last]
    var product =
      self[last - 1, last - 1] * self[last, last] - self[last - 1, last] * self[last, last - 1]
    if isExceptional {
      // Shifts that break a cycle.
      let size = abs(self[last, last - 1]) + abs(self[last - 1, last - 2])
      sum = 1.5 * size
      product = size * size
    }
    // The first column of (H − shift₁)(H − shift₂).
    let (h00, h10) = (self[first, first], self[first + 1, first])
    var x = [
      h00 * (h00 - sum) + self[first, first + 1] * h10 + product,
      h10 * (h00 + self[first + 1, first + 1] - sum), h10 * self[first + 2, first + 1],
    ]
    // The bulge is chased down the diagonal.
    for row in first..<last {
      if let (v, factor, _) = Self.reflection(x) {
        let left = max(first, row - 1)
        reflectRows(row, v, factor, columns: left..<last + 1)
        reflectColumns(row, v, factor, rows: first..<min(row + 4, last + 1))
      }
      if row > first {
        self[row + 1, row - 1] = 0
        if row + 2 <= last { self[row + 2, row - 1] = 0 }
      }
      guard row + 1 < last else { continue }
      x = [self[row + 1, row], self[row + 2, row]]
      if row + 3 <= last { x.append(self[row + 3, row]) }
    }
  }
}
