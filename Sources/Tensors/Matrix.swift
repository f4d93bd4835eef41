/// A read-only window of rows and columns on a tensor: `element(row, column)` lies `row * stride + column`
/// after its start, so a head's slice of `[seq, heads * dHead]` is a matrix without being copied.
///
/// It keeps the tensor's memory alive. Unchecked: see `Storage`.
public struct Matrix<Element: TensorElement>: @unchecked Sendable {
  /// The number of rows and of columns.
  public let rows, columns: Int
  /// Elements from one row's start to the next row's.
  public let stride: Int
  let storage: Storage<Element>
  let base: UnsafeMutablePointer<Element>

  init(storage: Storage<Element>, offset: Int, rows: Int, columns: Int, stride: Int) {
    precondition(rows >= 0 && columns >= 0 && stride >= columns && offset >= 0)
    precondition(rows == 0 || offset + (rows - 1) * stride + columns <= storage.count)
    self.storage = storage
    self.rows = rows
    self.columns = columns
    self.stride = stride
    base = storage.base + offset
  }

  /// The number at one place.
  public subscript(row: Int, column: Int) -> Element {
    precondition(row >= 0 && row < rows && column >= 0 && column < columns)
    return base[row * stride + column]
  }

  /// A window on this window.
  public func window(rows: Range<Int>, columns: Range<Int>) -> Matrix {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows)
    precondition(columns.lowerBound >= 0 && columns.upperBound <= self.columns)
    return Matrix(
      storage: storage, offset: base - storage.base + rows.lowerBound * stride + columns.lowerBound,
      rows: rows.count, columns: columns.count, stride: stride)
  }

  /// Some of the rows.
  public func rows(_ range: Range<Int>) -> Matrix { window(rows: range, columns: 0..<columns) }

  /// Some of the columns.
  public func columns(_ range: Range<Int>) -> Matrix { window(rows: 0..<rows, columns: range) }

  /// Some of the rows, one stretch after the other; a window where there is but one stretch.
  public func rows(_ stretches: [Range<Int>]) -> Matrix {
    guard stretches.count != 1 else { return rows(stretches[0]) }
    var result = Tensor<Element>(
      uninitialized: [stretches.reduce(0) { $0 + $1.count }, columns])
    let target = result.mutableMatrix()
    var start = 0
    for stretch in stretches {
      target.rows(start..<start + stretch.count).copy(from: rows(stretch))
      start += stretch.count
    }
    return target.matrix
  }

  /// Some of the columns, one stretch after the other; a window where there is but one stretch.
  public func columns(_ stretches: [Range<Int>]) -> Matrix {
    guard stretches.count != 1 else { return columns(stretches[0]) }
    var result = Tensor<Element>(uninitialized: [rows, stretches.reduce(0) { $0 + $1.count }])
    let target = result.mutableMatrix()
    for row in 0..<rows {
      var start = target.base + row * target.stride
      for stretch in stretches {
        precondition(stretch.lowerBound >= 0 && stretch.upperBound <= columns)
        start.update(from: base + row * stride + stretch.lowerBound, count: stretch.count)
        start += stretch.count
      }
    }
    return target.matrix
  }

  /// Calls `body` with one row's numbers, without copying them.
  public func withRow<R>(_ row: Int, _ body: (UnsafeBufferPointer<Element>) throws -> R) rethrows
    -> R
  {
    precondition(row >= 0 && row < rows)
    return try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: base + row * stride, count: columns))
    }
  }
}

/// A window of rows and columns that may be written.
///
/// Several threads may write windows of one tensor at once as long as the windows do not overlap.
/// Unchecked: see `Storage`.
public struct MutableMatrix<Element: TensorElement>: @unchecked Sendable {
  /// The same window, to read.
  public let matrix: Matrix<Element>
  /// The number of rows.
  public var rows: Int { matrix.rows }
  /// The number of columns.
  public var columns: Int { matrix.columns }
  var stride: Int { matrix.stride }
  var base: UnsafeMutablePointer<Element> { matrix.base }

  /// The number at one place.
  public subscript(row: Int, column: Int) -> Element {
    get { matrix[row, column] }
    nonmutating set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      base[row * stride + column] = newValue
    }
  }

  /// A window on this window.
  public func window(rows: Range<Int>, columns: Range<Int>) -> MutableMatrix {
    MutableMatrix(matrix: matrix.window(rows: rows, columns: columns))
  }

  /// Some of the rows.
  public func rows(_ range: Range<Int>) -> MutableMatrix {
    window(rows: range, columns: 0..<columns)
  }

  /// Some of the columns.
  public func columns(_ range: Range<Int>) -> MutableMatrix {
    window(rows: 0..<rows, columns: range)
  }

  /// Takes over another window's numbers.
  ///
  /// - Parameter source: Of the same size; must not overlap.
  public func copy(from source: Matrix<Element>) {
    precondition(source.rows == rows && source.columns == columns)
    for row in 0..<rows {
      (base + row * stride).update(from: source.base + row * source.stride, count: columns)
    }
  }

  /// Puts one number everywhere.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public func fill(_ number: Element) {
    for row in 0..<rows { (base + row * stride).update(repeating: number, count: columns) }
  }

  /// Calls `body` with one row's numbers, to read and write in place.
  public func withRow<R>(
    _ row: Int, _ body: (UnsafeMutableBufferPointer<Element>) throws -> R
  ) rethrows -> R {
    precondition(row >= 0 && row < rows)
    return try withExtendedLifetime(matrix.storage) {
      try body(UnsafeMutableBufferPointer(start: base + row * stride, count: columns))
    }
  }
}

extension Tensor {
  /// The tensor as rows of its last dimension.
  public var matrix: Matrix<Element> {
    let columns = shape.last ?? 1
    return Matrix(
      storage: storage, offset: 0, rows: columns == 0 ? 0 : count / columns, columns: columns,
      stride: columns)
  }

  /// The tensor as rows of its last dimension, to write; a copy is made first when memory is shared.
  public mutating func mutableMatrix() -> MutableMatrix<Element> {
    makeUnique()
    return MutableMatrix(matrix: matrix)
  }
}

extension Matrix {
  /// The window's numbers as a tensor of their own, `[rows, columns]`.
  public var copied: Tensor<Element> {
    var tensor = Tensor<Element>(uninitialized: [rows, columns])
    tensor.mutableMatrix().copy(from: self)
    return tensor
  }

  /// These rows, then another window's, which are as wide.
  public func joined(with other: Matrix) -> Tensor<Element> {
    var result = Tensor<Element>(uninitialized: [rows + other.rows, columns])
    let target = result.mutableMatrix()
    target.rows(0..<rows).copy(from: self)
    target.rows(rows..<rows + other.rows).copy(from: other)
    return result
  }
}

extension Matrix {
  /// Rows as columns, `[columns, rows]`.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  private func makeTransposed() -> Tensor<Element> {
    let result = Tensor<Element>(uninitialized: [columns, rows])
    let target = result.storage.base
    for row in 0..<rows {
      for column in 0..<columns { target[column * rows + row] = base[row * stride + column] }
    }
    return result
  }

  /// Rows as columns, `[columns, rows]`.
  public var transposed: Tensor<Element> { makeTransposed() }
}

extension Matrix where Element: Scalar {
  /// Some rows, one after the other, also several times.
  public func gathered(_ rows: [Int]) -> Tensor<Element> {
    var result = Tensor<Element>(uninitialized: [rows.count, columns])
    let target = result.mutableMatrix()
    for (i, row) in rows.enumerated() {
      target.rows(i..<i + 1).copy(from: self.rows(row..<row + 1))
    }
    return result
  }
}
