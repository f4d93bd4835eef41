/// Numbers by byte strings: a hash table that compares bytes, never Unicode normal forms, and
/// allocates nothing to look up.
struct ByteTable: Sendable {
  private var keys: [UInt8] = []
  /// Where each entry's key ends.
  private var ends: [Int] = []
  private var values: [Int32] = []
  /// Entry numbers by hash, -1 where free.
  private var slots: [Int32]

  /// An empty table with room for `capacity` entries.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = [Int32](repeating: -1, count: size)
    ends.reserveCapacity(capacity)
    values.reserveCapacity(capacity)
  }

  /// The number of entries.
  var count: Int { values.count }

  /// A hash that spreads short texts; FNV-1a with a final mix.
  @inline(__always)
  static func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash ^ (hash >> 29)
  }

  /// The number of `key`; nil when it has none.
  func find(_ key: some Collection<UInt8>) -> Int32? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      if matches(entry, key) { return values[entry] }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func matches(_ entry: Int, _ key: some Collection<UInt8>) -> Bool {
    var position = entry == 0 ? 0 : ends[entry - 1]
    let end = ends[entry]
    for byte in key {
      guard position < end, keys[position] == byte else { return false }
      position += 1
    }
    return position == end
  }

  /// Sets the number of `key`; the last one holds, as in the `tokenizers` library.
  mutating func insert(_ key: some Collection<UInt8>, _ value: Int32) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      if matches(entry, key) {
        values[entry] = value
        return
      }
      slot = (slot + 1) & mask
    }
    slots[slot] = Int32(values.count)
    keys.append(contentsOf: key)
    ends.append(keys.count)
    values.append(value)
    if values.count * 2 > slots.count { grow() }
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    for entry in values.indices {
      let start = entry == 0 ? 0 : ends[entry - 1]
      var slot = Int(truncatingIfNeeded: Self.hash(keys[start..<ends[entry]])) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(entry)
    }
  }
}
