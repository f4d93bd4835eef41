extension StoredTensor {
  /// A larger tensor in which this one's places of a dimension stand apart, with zeros between them.
  ///
  /// - Parameters:
  ///   - dimension: 0 or 1.
  ///   - places: For each place of that dimension, where it stands; ascending.
  ///   - count: How many places the result has there.
  public func spread(dimension: Int, to places: [Int], of count: Int) -> StoredTensor {
    precondition(dimension < min(2, shape.count) && shape.count <= 2)
    precondition(places.count == shape[dimension] && places.allSatisfy((0..<count).contains))
    return StoredTensor(
      name: name, type: type.rawValue,
      recipe: SpreadRecipe(base: self, dimension: dimension, places: places, count: count))
  }
}

private final class SpreadRecipe: TensorRecipe {
  let base: StoredTensor
  let dimension: Int
  let places: [Int]
  let shape: [Int]
  private let sources: [Int?]
  var byteCount: Int { base.byteCount }

  init(base: StoredTensor, dimension: Int, places: [Int], count: Int) {
    self.base = base
    self.dimension = dimension
    self.places = places
    var shape = base.shape
    shape[dimension] = count
    self.shape = shape
    var sources = [Int?](repeating: nil, count: count)
    for (source, place) in places.enumerated() { sources[place] = source }
    self.sources = sources
  }

  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    target.update(repeating: 0, count: rows.count * rowCount)
    guard dimension == 1 else {
      for (i, row) in rows.enumerated() {
        guard let source = sources[row] else { continue }
        base.rows(source..<source + 1).fill(target + i * rowCount)
      }
      return
    }
    guard let stored = base.rows(rows).widened(to: Float.self) else { return }
    stored.withElements { numbers in
      for row in 0..<rows.count {
        for (source, place) in places.enumerated() {
          target[row * rowCount + place] = numbers[row * places.count + source]
        }
      }
    }
  }
}
