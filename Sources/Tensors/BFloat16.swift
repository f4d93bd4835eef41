/// A number of 8 exponent and 7 fraction bits: the upper half of a single-precision number.
public struct BFloat16: TensorElement {
  /// Sign, exponent and fraction, highest bit first.
  public let bitPattern: UInt16

  /// The number with these bits.
  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// The nearest number, halfway to even; a NaN stays one.
  public init(_ number: Float) {
    let bits = number.bitPattern
    guard !number.isNaN else {
      bitPattern = UInt16((bits | 0x0040_0000) >> 16)
      return
    }
    bitPattern = UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
  }
}

extension Float {
  /// The same number.
  public init(_ number: BFloat16) { self.init(bitPattern: UInt32(number.bitPattern) << 16) }
}
