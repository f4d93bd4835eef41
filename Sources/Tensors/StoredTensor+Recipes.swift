import CKernels

/// How to compute a tensor's numbers from stored ones.
///
/// An owner too: it keeps the bytes it reads in place.
public protocol TensorRecipe: ByteOwner {
  /// The computed tensor's sizes, outermost first.
  var shape: [Int] { get }
  /// The bytes that the stored parts take.
  var byteCount: Int { get }
  /// Writes some of the outermost rows, row-major, in float32.
  ///
  /// - Parameter rows: Within `0..<shape[0]`; `0..<1` where the shape is empty.
  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>)
}

extension TensorRecipe {
  /// Numbers in one of the outermost rows.
  var rowCount: Int { shape.dropFirst().reduce(1, *) }
}

extension StoredTensor {
  /// The transpose of a matrix.
  public var transposed: StoredTensor {
    precondition(shape.count == 2)
    return StoredTensor(name: name, type: type.rawValue, recipe: TransposedRecipe(base: self))
  }

  /// The same outermost rows in another order.
  ///
  /// - Parameter order: For each row, the stored row that it is.
  public func permuted(rows order: [Int]) -> StoredTensor {
    precondition(order.count == shape.first && order.allSatisfy((0..<order.count).contains))
    return StoredTensor(
      name: name, type: type.rawValue, recipe: PermutedRecipe(base: self, order: order))
  }

  /// Every number with a constant added.
  public func adding(_ constant: Float) -> StoredTensor {
    StoredTensor(name: name, type: type.rawValue, recipe: ShiftedRecipe(base: self, by: constant))
  }

  /// Every number times the scale of its block: `number[i, j] · scales[i / rows, j / columns]`.
  ///
  /// - Parameters:
  ///   - scales: A matrix that covers this one with blocks; or one number; or one per row.
  ///   - block: Rows and columns that share a scale.
  public func scaled(by scales: StoredTensor, block: (rows: Int, columns: Int)) -> StoredTensor {
    StoredTensor(
      name: name, type: type.rawValue,
      recipe: ScaledRecipe(base: self, scales: scales, rows: block.rows, columns: block.columns))
  }

  /// This matrix plus `scale · up · down`.
  ///
  /// - Parameters:
  ///   - up: `[shape[0], rank]`.
  ///   - down: `[rank, shape[1]]`.
  public func adding(up: StoredTensor, down: StoredTensor, scale: Float) -> StoredTensor {
    precondition(up.shape == [shape[0], down.shape[0]] && down.shape[1] == shape[1])
    return StoredTensor(
      name: name, type: type.rawValue,
      recipe: LowRankRecipe(base: self, up: up, down: down, scale: scale))
  }

}

/// Pointers for threads that read the same and write disjoint parts.
struct Unchecked<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

private final class TransposedRecipe: TensorRecipe {
  let base: StoredTensor
  let shape: [Int]
  var byteCount: Int { base.byteCount }

  init(base: StoredTensor) {
    self.base = base
    shape = base.shape.reversed()
  }

  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    guard let whole = base.widened(to: Float.self) else { return }
    whole.withElements { numbers in
      guard let start = numbers.baseAddress else { return }
      heed_transpose(start, shape[1], shape[0], rows.lowerBound, rows.count, target)
    }
  }
}

private final class PermutedRecipe: TensorRecipe {
  let base: StoredTensor
  let order: [Int]
  var shape: [Int] { base.shape }
  var byteCount: Int { base.byteCount }

  init(base: StoredTensor, order: [Int]) {
    self.base = base
    self.order = order
  }

  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    // A vector of a block type has no row that is a whole block.
    guard base.shape.count > 1 || base.type.blockCount == 1 else {
      guard let whole = base.widened(to: Float.self) else { return }
      whole.withElements { numbers in
        for (i, row) in rows.enumerated() { target[i] = numbers[order[row]] }
      }
      return
    }
    for (i, row) in rows.enumerated() {
      base.rows(order[row]..<order[row] + 1).fill(target + i * rowCount)
    }
  }
}

private final class ShiftedRecipe: TensorRecipe {
  let base: StoredTensor
  let constant: Float
  var shape: [Int] { base.shape }
  var byteCount: Int { base.byteCount }

  init(base: StoredTensor, by constant: Float) {
    self.base = base
    self.constant = constant
  }

  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    (shape.isEmpty ? base : base.rows(rows)).fill(target)
    heed_add_constant(target, constant, rows.count * rowCount)
  }
}

private final class ScaledRecipe: TensorRecipe {
  let base, scales: StoredTensor
  let rows, columns: Int
  var shape: [Int] { base.shape }
  var byteCount: Int { base.byteCount + scales.byteCount }

  init(base: StoredTensor, scales: StoredTensor, rows: Int, columns: Int) {
    self.base = base
    self.scales = scales
    self.rows = rows
    self.columns = columns
  }

  func fill(rows range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    (shape.isEmpty ? base : base.rows(range)).fill(target)
    guard let factors = scales.widened(to: Float.self) else { return }
    let width = max(1, rowCount)
    let perRow = (width + columns - 1) / columns
    factors.withElements { factors in
      for (i, row) in range.enumerated() {
        for block in 0..<perRow {
          let start = block * columns
          heed_scale(
            target + i * width + start, factors[row / rows * perRow + block],
            min(columns, width - start))
        }
      }
    }
  }
}

private final class LowRankRecipe: TensorRecipe {
  let base, up, down: StoredTensor
  let scale: Float
  var shape: [Int] { base.shape }
  var byteCount: Int { base.byteCount + up.byteCount + down.byteCount }

  init(base: StoredTensor, up: StoredTensor, down: StoredTensor, scale: Float) {
    self.base = base
    self.up = up
    self.down = down
    self.scale = scale
  }

  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    base.rows(rows).fill(target)
    guard let up = up.rows(rows).widened(to: Float.self), let down = down.widened(to: Float.self)
    else { return }
    let (width, rank) = (rowCount, down.shape[0])
    up.withElements { up in
      down.withElements { down in
        guard let up = up.baseAddress, let down = down.baseAddress else { return }
        let places = Unchecked((up, down, target))
        let scale = scale
        Parallel.forEach(rows.count, grain: 16) { row in
          let (up, down, target) = places.value
          for k in 0..<rank {
            heed_add_scaled(
              target + row * width, down + k * width, scale * up[row * rank + k], width)
          }
        }
      }
    }
  }
}
