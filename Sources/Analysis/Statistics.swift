/// Small statistics of lists of numbers.
enum Statistics {
  /// The mean; `.nan` of nothing.
  static func mean(_ values: some Collection<Double>) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }

  /// The standard deviation by n − 1; `.nan` of fewer than two.
  static func deviation(_ values: some Collection<Double>) -> Double {
    guard values.count > 1 else { return .nan }
    let mean = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The least-squares slope over places 0, 1, …; `.nan` of fewer than two.
  static func slope(_ values: [Double]) -> Double {
    guard values.count > 1 else { return .nan }
    let middle = Double(values.count - 1) / 2
    let mean = mean(values)
    var (product, square) = (0.0, 0.0)
    for (place, value) in values.enumerated() {
      let offset = Double(place) - middle
      product += offset * (value - mean)
      square += offset * offset
    }
    return product / square
  }

  /// The value below which a share of the numbers lies, linear between neighbours as in NumPy; `.nan` of
  /// nothing.
  static func quantile(_ values: [Double], _ share: Double) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
  }

  /// The middle number, of an even count the mean of the middle two; `.nan` of nothing.
  ///
  /// - Complexity: O(n) on average: parts that do not hold the middle are not sorted.
  static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let middle = values.count / 2
    var numbers = values
    let upper = select(&numbers, middle)
    guard values.count % 2 == 0 else { return upper }
    return (upper + (numbers[..<middle].max() ?? upper)) / 2
  }

  /// The number that would stand at `place` if all were sorted; smaller ones end before it.
  private static func select(_ numbers: inout [Double], _ place: Int) -> Double {
    var (low, high) = (0, numbers.count - 1)
    while low < high {
      let pivot = numbers[(low + high) / 2]
      var (i, j) = (low, high)
      while i <= j {
        while numbers[i] < pivot { i += 1 }
        while numbers[j] > pivot { j -= 1 }
        if i <= j {
          numbers.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if place <= j { high = j } else if place >= i { low = i } else { break }
    }
    return numbers[place]
  }
}
