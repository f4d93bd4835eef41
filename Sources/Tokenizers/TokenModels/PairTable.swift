/// Which pairs of tokens merge, how early, and into what.
struct PairTable: Sendable {
  /// Rank in the upper half, the merged token in the lower: the smaller merges first.
  typealias Merge = UInt64

  /// No merge; larger than any.
  static let none = Merge.max

  /// A pair and what it becomes, side by side: a table is larger than the caches.
  private struct Entry {
    var key = UInt64.max
    var merge = PairTable.none
  }

  private var entries: [Entry]
  private var shift: UInt64
  private var count = 0

  /// No pair merges.
  static let empty = PairTable(capacity: 0)

  /// A table for `capacity` pairs.
  init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    entries = [Entry](repeating: Entry(), count: 1 << bits)
    shift = 64 - bits
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Where a pair is, or would go.
  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while entries[slot].key != key, entries[slot].key != .max {
      slot = (slot &+ 1) & (entries.count &- 1)
    }
    return slot
  }

  /// Sets what `left` and `right` become; the last one holds.
  mutating func insert(_ left: Int32, _ right: Int32, rank: Int, merged: Int32) {
    let key = Self.key(left, right)
    let slot = slot(key)
    if entries[slot].key == .max { count += 1 }
    entries[slot] = Entry(
      key: key, merge: UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merged)))
    if count * 2 > entries.count { grow() }
  }

  private mutating func grow() {
    let old = entries
    entries = [Entry](repeating: Entry(), count: old.count * 2)
    shift -= 1
    for entry in old where entry.key != .max { entries[slot(entry.key)] = entry }
  }

  /// What `left` and `right` become; `none` when they do not merge.
  @inline(__always)
  func find(_ left: Int32, _ right: Int32) -> Merge { entries[slot(Self.key(left, right))].merge }
}
