import Foundation

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

  /// Jensen–Shannon divergence of two distributions, in nats; zero weights add nothing.
  static func jensenShannon(
    _ p: UnsafeBufferPointer<Double>, _ q: UnsafeBufferPointer<Double>
  ) -> Double {
    var sum = 0.0
    for (a, b) in zip(p, q) {
      let middle = (a + b) / 2
      if a > 0 { sum += a * log(a / middle) }
      if b > 0 { sum += b * log(b / middle) }
    }
    return sum / 2
  }
}
