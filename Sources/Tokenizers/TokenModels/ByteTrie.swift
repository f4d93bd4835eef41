/// Byte strings and their numbers, for finding all that a text begins with.
struct ByteTrie: Sendable {
  /// Parent and byte in the key of an edge, its child as the value.
  private var keys: [UInt64]
  private var children: [Int32]
  private var values: [Int32] = [-1]
  private var shift: UInt64
  private var count = 0

  /// An empty trie with room for about `capacity` bytes.
  init(capacity: Int) {
    var bits: UInt64 = 6
    while 1 << bits < capacity { bits += 1 }
    keys = [UInt64](repeating: .max, count: 1 << bits)
    children = [Int32](repeating: 0, count: 1 << bits)
    shift = 64 - bits
  }

  /// The root.
  static let root: Int32 = 0

  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while keys[slot] != key, keys[slot] != .max { slot = (slot &+ 1) & (keys.count &- 1) }
    return slot
  }

  /// The child of `node` for `byte`; negative when there is none.
  @inline(__always)
  func child(_ node: Int32, _ byte: UInt8) -> Int32 {
    let slot = slot(UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte))
    return keys[slot] == .max ? -1 : children[slot]
  }

  /// The number at `node`; negative when none ends there.
  @inline(__always)
  func value(_ node: Int32) -> Int32 { values[Int(node)] }

  /// Sets the number of `key`; the last one holds.
  mutating func insert(_ key: some Collection<UInt8>, _ value: Int32) {
    var node = Self.root
    for byte in key {
      let edge = UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
      let slot = slot(edge)
      if keys[slot] == edge {
        node = children[slot]
        continue
      }
      node = Int32(values.count)
      keys[slot] = edge
      children[slot] = node
      values.append(-1)
      count += 1
      if count * 2 > keys.count { grow() }
    }
    values[Int(node)] = value
  }

  private mutating func grow() {
    let (oldKeys, oldChildren) = (keys, children)
    keys = [UInt64](repeating: .max, count: oldKeys.count * 2)
    children = [Int32](repeating: 0, count: oldKeys.count * 2)
    shift -= 1
    for index in oldKeys.indices where oldKeys[index] != .max {
      let slot = slot(oldKeys[index])
      keys[slot] = oldKeys[index]
      children[slot] = oldChildren[index]
    }
  }
}
