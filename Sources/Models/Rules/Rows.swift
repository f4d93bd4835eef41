import Tensors

/// Rows of numbers in double precision.
///
/// Rules change rows, and what a row costs is small beside the products that made it: so their formulas
/// are written once, over `Double`, where the compiler makes machine code of plain loops.
enum Rows {
  /// Changes every row of a tile; row 0 is query `firstQuery`.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  static func change<Element: Scalar>(
    _ tile: MutableMatrix<Element>, firstQuery: Int,
    _ body: (Int, UnsafeMutableBufferPointer<Double>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, tile.columns)) { buffer in
      let numbers = UnsafeMutableBufferPointer(rebasing: buffer[..<tile.columns])
      for i in 0..<tile.rows {
        tile.withRow(i) { row in
          for j in 0..<row.count { numbers[j] = Double(row[j]) }
          body(firstQuery + i, numbers)
          for j in 0..<row.count { row[j] = Element(numbers[j]) }
        }
      }
    }
  }

  /// One row's numbers.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  static func doubles<Element: Scalar>(_ matrix: Matrix<Element>, _ row: Int) -> [Double] {
    matrix.withRow(row) { row in
      var numbers = [Double](repeating: 0, count: row.count)
      for j in 0..<row.count { numbers[j] = Double(row[j]) }
      return numbers
    }
  }

  /// A matrix's numbers, row after row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  static func doubles<Element: Scalar>(_ matrix: Matrix<Element>) -> [Double] {
    var numbers = [Double](repeating: 0, count: matrix.rows * matrix.columns)
    for i in 0..<matrix.rows {
      matrix.withRow(i) { row in
        for j in 0..<row.count { numbers[i * row.count + j] = Double(row[j]) }
      }
    }
    return numbers
  }

  /// Puts one number into some columns of a row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  static func fill<Element: Scalar>(
    _ matrix: MutableMatrix<Element>, row: Int, columns: Range<Int>, with value: Element
  ) {
    matrix.withRow(row) { row in for j in columns { row[j] = value } }
  }

  /// Numbers as a tensor.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  static func tensor<Element: Scalar>(_ numbers: [Double], shape: [Int]) -> Tensor<Element> {
    var tensor = Tensor<Element>(uninitialized: shape)
    let matrix = tensor.mutableMatrix()
    for i in 0..<matrix.rows {
      matrix.withRow(i) { row in
        for j in 0..<row.count { row[j] = Element(numbers[i * row.count + j]) }
      }
    }
    return tensor
  }
}

extension UnsafeMutableBufferPointer<Double> {
  /// Divides by the sum; a row of zeros stays.
  func normalize() {
    let sum = reduce(0, +)
    guard sum > 0 else { return }
    for j in indices { self[j] /= sum }
  }

  /// Replaces the numbers in a range by their softmax, and all others by zero.
  func softmax(_ range: Range<Int>) {
    let highest = self[range].max() ?? 0
    var sum = 0.0
    for j in range {
      self[j] = Double.exp(self[j] - highest)
      sum += self[j]
    }
    for j in indices { self[j] = range.contains(j) ? self[j] / sum : 0 }
  }

  /// Keeps some indices and divides by their sum; when nothing is left, nothing changes.
  ///
  /// - Returns: The sum of what was kept.
  @discardableResult
  func keep(_ kept: [Int]) -> Double {
    let values = kept.map { self[$0] }
    let sum = values.reduce(0, +)
    guard sum > 0 else { return 0 }
    update(repeating: 0)
    for (j, value) in zip(kept, values) { self[j] = value / sum }
    return sum
  }

  /// Keeps the `count` largest numbers, of equal ones those of the lowest indices, and divides by their sum; when
  /// that is zero, nothing changes.
  func keepLargest(_ count: Int) {
    guard count < self.count, count > 0 else { return normalize() }
    Ranking.keepLargest(self, count: count)
  }
}

extension UnsafeBufferPointer<Double> {
  /// What the `count` largest numbers reach, and how many of those equal to it are among them.
  fileprivate func bound(of count: Int) -> (value: Double, equal: Int) {
    let bound = Ranking.bound(of: self, count: count)
    return (bound, count - reduce(0) { $0 + ($1 > bound ? 1 : 0) })
  }

  /// The indices of the `count` largest numbers, ascending; of equal ones the lowest.
  func largest(_ count: Int) -> [Int] {
    guard count < self.count else { return Array(indices) }
    guard count > 0 else { return [] }
    var (bound, ties) = bound(of: count)
    return indices.filter { j in
      if self[j] > bound { return true }
      guard self[j] == bound, ties > 0 else { return false }
      ties -= 1
      return true
    }
  }
}

extension [Double] {
  /// The indices of the `count` largest numbers, ascending; of equal ones the lowest.
  func largest(_ count: Int) -> [Int] { withUnsafeBufferPointer { $0.largest(count) } }

  /// The softmax; empty for no numbers.
  var softmax: [Double] {
    guard let highest = self.max() else { return [] }
    let powers = map { Double.exp($0 - highest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
