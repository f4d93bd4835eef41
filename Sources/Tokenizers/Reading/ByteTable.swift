/// Numbers by byte strings: a hash table that compares bytes, never Unicode normal forms, and
/// allocates nothing to look up.
struct ByteTable: Sendable {
  /// The entry's number and, so that few keys are compared, half of its hash; the number is -1 where
  /// the slot is free.
  private struct Slot {
    var entry: Int32 = -1
    var hash: UInt32 = 0
  }

  private var keys: [UInt8] = []
  /// Where each entry's key starts, and where the last one ends.
  private var edges: [Int] = [0]
  private var values: [Int32] = []
  private var slots: [Slot]

  /// An empty table with room for `capacity` entries.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = [Slot](repeating: Slot(), count: size)
    edges.reserveCapacity(capacity + 1)
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
    let found = Self.withBytes(of: key) { key in
      let place = slot(of: key)
      return slots[place].entry < 0 ? -1 : Int(values[Int(slots[place].entry)])
    }
    return found < 0 ? nil : Int32(found)
  }

  /// Sets the number of `key`, not below zero; the last one holds, as in the `tokenizers` library.
  mutating func insert(_ key: some Collection<UInt8>, _ value: Int32) {
    Self.withBytes(of: key) { key in
      let place = slot(of: key)
      guard slots[place].entry < 0 else {
        values[Int(slots[place].entry)] = value
        return
      }
      slots[place] = Slot(
        entry: Int32(values.count), hash: UInt32(truncatingIfNeeded: Self.hash(key) >> 32))
      keys.append(contentsOf: key)
      edges.append(keys.count)
      values.append(value)
    }
    if values.count * 2 > slots.count { grow() }
  }

  /// The bytes of a key where they lie, which loops go over many times faster than over a collection.
  @inline(__always)
  private static func withBytes<Result>(
    of key: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    if let result = key.withContiguousStorageIfAvailable(body) { return result }
    return Array(key).withUnsafeBufferPointer(body)
  }

  /// Where `key` is, or would go.
  private func slot(of key: UnsafeBufferPointer<UInt8>) -> Int {
    let mask = slots.count - 1
    let hash = Self.hash(key)
    let half = UInt32(truncatingIfNeeded: hash >> 32)
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place].entry >= 0 {
      if slots[place].hash == half, matches(Int(slots[place].entry), key) { return place }
      place = (place + 1) & mask
    }
    return place
  }

  private func matches(_ entry: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = edges[entry]
    guard edges[entry + 1] - start == key.count else { return false }
    for step in 0..<key.count where keys[start &+ step] != key[step] { return false }
    return true
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: old.count * 2)
    let mask = slots.count - 1
    for slot in old where slot.entry >= 0 {
      let entry = Int(slot.entry)
      let hash = Self.hash(keys[edges[entry]..<edges[entry + 1]])
      var place = Int(truncatingIfNeeded: hash) & mask
      while slots[place].entry >= 0 { place = (place + 1) & mask }
      slots[place] = slot
    }
  }
}
