import CZlib

/// Writes a zip archive front to back, without compression and without ever going back, so that it can
/// go into a pipe and be larger than memory.
///
/// What is known only afterwards, the checksum, follows each file (a data descriptor). Files, and
/// archives, above 4 GiB take the 64-bit fields. Times are zero, so that equal contents are equal bytes.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
struct ZipWriter {
  private struct Entry {
    let name: [UInt8]
    let size, offset: Int
    let checksum: UInt32
  }

  private let output: (ArraySlice<UInt8>) throws -> Void
  private var entries: [Entry] = []
  private var position = 0

  private let threshold: Int

  /// An archive whose bytes go to `output` in order.
  ///
  /// - Parameter threshold: Above it, the 64-bit fields are used; at most what 32 bits can say.
  init(
    threshold: Int = Self.sentinel - 1, _ output: @escaping (ArraySlice<UInt8>) throws -> Void
  ) {
    (self.threshold, self.output) = (threshold, output)
  }

  /// Adds a file.
  ///
  /// - Parameters:
  ///   - size: Exactly as many bytes as `body` writes.
  ///   - body: Writes the file through its argument.
  mutating func add(
    _ name: String, size: Int, _ body: ((ArraySlice<UInt8>) throws -> Void) throws -> Void
  ) throws {
    let entry = (name: Array(name.utf8), offset: position)
    let isLarge = size > threshold
    // Sizes and checksum are zero here and follow the file; the extra field says that they are 64-bit.
    let extra = isLarge ? Self.field(2, 1) + Self.field(2, 16) + Self.field(8, 0, 0) : []
    try put(
      Self.field(4, 0x0403_4B50) + Self.common(isLarge: isLarge)
        + Self.field(4, 0, isLarge ? Self.sentinel : 0, isLarge ? Self.sentinel : 0)
        + Self.field(2, entry.name.count, extra.count) + entry.name + extra)
    var checksum: UInt32 = 0
    var count = 0
    try body { bytes in
      checksum = bytes.withUnsafeBufferPointer {
        heed_crc32(checksum, $0.baseAddress, $0.count)
      }
      count += bytes.count
      try output(bytes)
    }
    precondition(count == size)
    position += count
    try put(
      Self.field(4, 0x0807_4B50, Int(checksum)) + Self.field(isLarge ? 8 : 4, size, size))
    entries.append(Entry(name: entry.name, size: size, offset: entry.offset, checksum: checksum))
  }

  /// Writes the directory; nothing can be added after it.
  mutating func finish() throws {
    let start = position
    for entry in entries { try put(directory(entry)) }
    let size = position - start
    let isLarge = start > threshold
    if isLarge {
      let end = position
      try put(
        Self.field(4, 0x0606_4B50) + Self.field(8, 44) + Self.field(2, 45, 45) + Self.field(4, 0, 0)
          + Self.field(8, entries.count, entries.count, size, start)
          + Self.field(4, 0x0706_4B50, 0) + Self.field(8, end) + Self.field(4, 1))
    }
    let count = entries.count
    try put(
      Self.field(4, 0x0605_4B50) + Self.field(2, 0, 0, count, count)
        + Self.field(4, size, isLarge ? Self.sentinel : start) + Self.field(2, 0))
  }

  /// In a 32-bit field it says that the number stands in a 64-bit one.
  static let sentinel = 0xFFFF_FFFF

  private func directory(_ entry: Entry) -> [UInt8] {
    let (large, far) = (entry.size > threshold, entry.offset > threshold)
    let wide = (large ? [entry.size, entry.size] : []) + (far ? [entry.offset] : [])
    let extra =
      wide.isEmpty ? [] : Self.field(2, 1, wide.count * 8) + wide.flatMap { Self.field(8, $0) }
    let size = large ? Self.sentinel : entry.size
    return Self.field(4, 0x0201_4B50) + Self.field(2, 45) + Self.common(isLarge: large)
      + Self.field(4, Int(entry.checksum), size, size)
      + Self.field(2, entry.name.count, extra.count, 0, 0, 0)
      + Self.field(4, 0, far ? Self.sentinel : entry.offset) + entry.name + extra
  }

  /// Version needed, flags (checksum follows; names are UTF-8), no compression, 1 January 1980.
  private static func common(isLarge: Bool) -> [UInt8] {
    field(2, isLarge ? 45 : 20, 1 << 3 | 1 << 11, 0, 0, 1 << 5 | 1)
  }

  private static func field(_ bytes: Int, _ values: Int...) -> [UInt8] {
    values.flatMap { value in (0..<bytes).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
  }

  private mutating func put(_ bytes: [UInt8]) throws {
    position += bytes.count
    try output(bytes[...])
  }
}
