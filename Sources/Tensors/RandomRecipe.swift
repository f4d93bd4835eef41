import Foundation

/// Numbers drawn from a normal distribution, each from its place alone: the same whatever is read first.
public final class RandomRecipe: TensorRecipe {
  /// Sizes, outermost first.
  public let shape: [Int]
  private let mean, deviation: Float
  private let seed: UInt64

  /// Nothing is stored.
  public var byteCount: Int { 0 }

  /// Normal numbers.
  ///
  /// - Parameter deviation: 0 for a constant.
  public init(shape: [Int], mean: Float, deviation: Float, seed: UInt64) {
    self.shape = shape
    self.mean = mean
    self.deviation = deviation
    self.seed = seed
  }

  /// Writes some of the outermost rows.
  public func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    let (start, count) = (rows.lowerBound * rowCount, rows.count * rowCount)
    guard deviation > 0 else { return target.update(repeating: mean, count: count) }
    for i in 0..<count {
      let bits = mixed(seed &+ UInt64(start + i) &* 0x9e37_79b9_7f4a_7c15)
      // Box and Muller: two uniform numbers, the first never zero.
      let radius = (Double(bits >> 32) + 1) / 0x1p32
      let angle = Double(bits & 0xffff_ffff) / 0x1p32
      let normal = (-2 * log(radius)).squareRoot() * cos(2 * .pi * angle)
      target[i] = mean + deviation * Float(normal)
    }
  }

  /// SplitMix64's finaliser.
  private func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
