/// Which pairs of tokens merge, how early, and into what.
struct PairTable: Sendable {
  /// Rank in the upper half, the merged token in the lower: the smaller merges first.
  typealias Merge = UInt64

  /// No merge; larger than any.
  static let none = Merge.max

  private var keys: [UInt64]
  private var merges: [Merge]
  private var shift: UInt64
  private var count = 0

  /// A table for `capacity` pairs.
  init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    keys = [UInt64](repeating: .max, count: 1 << bits)
    merges = [Merge](repeating: Self.none, count: 1 << bits)
    shift = 64 - bits
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Sets what `left` and `right` become; the last one holds.
  mutating func insert(_ left: Int32, _ right: Int32, rank: Int, merged: Int32) {
    let key = Self.key(left, right)
    var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while keys[slot] != .max, keys[slot] != key { slot = (slot &+ 1) & (keys.count &- 1) }
    if keys[slot] == .max { count += 1 }
    keys[slot] = key
    merges[slot] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merged))
    if count * 2 > keys.count { grow() }
  }

  private mutating func grow() {
    let (oldKeys, oldMerges) = (keys, merges)
    keys = [UInt64](repeating: .max, count: oldKeys.count * 2)
    merges = [Merge](repeating: Self.none, count: oldKeys.count * 2)
    shift -= 1
    for index in oldKeys.indices where oldKeys[index] != .max {
      var slot = Int((oldKeys[index] &* 0x9E37_79B9_7F4A_7C15) >> shift)
      while keys[slot] != .max { slot = (slot &+ 1) & (keys.count &- 1) }
      keys[slot] = oldKeys[index]
      merges[slot] = oldMerges[index]
    }
  }

  /// What `left` and `right` become; `none` when they do not merge.
  @inline(__always)
  func find(_ left: Int32, _ right: Int32) -> Merge {
    let key = Self.key(left, right)
    var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while true {
      let found = keys[slot]
      if found == key { return merges[slot] }
      if found == .max { return Self.none }
      slot = (slot &+ 1) & (keys.count &- 1)
    }
  }
}
