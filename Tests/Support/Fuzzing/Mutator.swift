/// A generator whose numbers are the same on every run (splitmix64).
public struct FuzzGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator that begins with a seed.
  public init(seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Damages files as broken downloads and ill will do.
public enum Mutator {
  /// Numbers that lengths and offsets break at.
  private static let extremes: [UInt64] = [
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
  ]

  /// The bytes with one to four changes: bits turned, lengths replaced, ranges cut, doubled or moved.
  public static func damaged(
    _ whole: [UInt8], using random: inout FuzzGenerator
  ) -> [UInt8] {
    var bytes = whole
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      change(&bytes, using: &random)
    }
    return bytes
  }

  private static func change(_ bytes: inout [UInt8], using random: inout FuzzGenerator) {
    // Headers stand at the beginning: half of the changes do, too.
    let isEarly = Bool.random(using: &random)
    let limit = isEarly ? min(bytes.count, 256) : bytes.count
    let start = Int.random(in: 0..<limit, using: &random)
    let length = Int.random(in: 1...40, using: &random)
    let part = bytes[start..<min(bytes.count, start + length)]
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[start] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[start] = .random(in: 0...255, using: &random)
    case 2:
      let number = extremes.randomElement(using: &random) ?? .max
      let size = [1, 2, 4, 8].randomElement(using: &random) ?? 8
      for i in 0..<size where start + i < bytes.count {
        bytes[start + i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i))
      }
    case 3: bytes.removeSubrange(start...)
    case 4: bytes.removeSubrange(part.startIndex..<part.endIndex)
    case 5:
      bytes.insert(contentsOf: part, at: Int.random(in: 0...bytes.count, using: &random))
    default:
      let place = Int.random(in: 0..<bytes.count, using: &random)
      for (i, byte) in part.enumerated() where place + i < bytes.count { bytes[place + i] = byte }
    }
  }
}
