/// Reads little-endian numbers and texts one after another, never outside of its bytes.
struct ByteCursor {
  /// All bytes; whoever reads keeps their owner alive.
  let bytes: UnsafeRawBufferPointer
  /// Where the next read starts; at most `bytes.count`.
  private(set) var position: Int

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    self.bytes = bytes
    self.position = min(max(0, position), bytes.count)
  }

  /// Bytes that are left.
  var remaining: Int { bytes.count - position }

  /// The next number; nil when the bytes end before.
  mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { return nil }
    defer { position += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  /// The next `count` bytes; nil when there are fewer.
  mutating func take<Count: BinaryInteger>(_ count: Count) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= remaining else { return nil }
    let end = position + Int(count)
    defer { position = end }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
  }

  /// The next `count` bytes as text, damaged UTF-8 repaired; nil when there are fewer.
  mutating func text<Count: BinaryInteger>(_ count: Count) -> String? {
    take(count).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes up to a line feed, which is read too; nil when there is none.
  mutating func line() -> String? {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }
}
