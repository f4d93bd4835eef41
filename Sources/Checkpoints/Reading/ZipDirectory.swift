import CZlib

/// What is wrong with a zip archive.
enum ZipFault: Error, Hashable {
  /// The directory or an entry breaks the format or points outside of the file.
  case broken(found: String)
  /// An entry that is compressed or encrypted where it has to lie as it is.
  case compressed(entry: String)
  /// Two entries of one name.
  case duplicateEntry(String)
  /// An entry that is not there.
  case missingEntry(String)
}

/// The entries of a zip archive, by name; nothing is unpacked.
///
/// Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.6 to 4.5.3.
struct ZipDirectory {
  /// An entry as the directory describes it.
  struct Entry {
    let name: String
    /// Where its bytes lie in the file, packed or not.
    let range: Range<Int>
    /// Bytes when unpacked.
    let size: UInt64
    /// How it is packed: 0 not at all, 8 deflated, 0xFFFF encrypted.
    let method: UInt16

    var isStored: Bool { method == 0 && size == UInt64(range.count) }
  }

  /// The entries by name.
  let entries: [String: Entry]

  /// Whether a file starts like a zip archive.
  static func isZip(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.prefix(4).elementsEqual([0x50, 0x4B, 3, 4])
  }

  /// The bytes of an entry.
  func range(of name: String) throws(ZipFault) -> Range<Int> {
    guard let entry = entries[name] else { throw .missingEntry(name) }
    guard entry.isStored else { throw .compressed(entry: name) }
    return entry.range
  }

  /// The bytes of an entry, unpacked into memory of its own where it is deflated.
  ///
  /// Deflate makes at most 1032 bytes of one: an entry that claims more is refused before anything is
  /// allocated.
  func contents(
    of name: String, in bytes: UnsafeRawBufferPointer
  ) throws(ZipFault) -> Contents {
    guard let entry = entries[name] else { throw .missingEntry(name) }
    guard !entry.isStored else { return .stored(entry.range) }
    guard entry.method == 8 else { throw .compressed(entry: name) }
    guard entry.size / 1032 <= UInt64(entry.range.count) else {
      throw .broken(found: "entry \(name) that claims \(entry.size) bytes")
    }
    var unpacked = [UInt8](repeating: 0, count: Int(entry.size))
    let packed = bytes[entry.range]
    let status = unpacked.withUnsafeMutableBufferPointer { target in
      UnsafeRawBufferPointer(rebasing: packed).withMemoryRebound(to: UInt8.self) {
        heed_inflate($0.baseAddress, $0.count, target.baseAddress, target.count)
      }
    }
    guard status == 0 else { throw .broken(found: "entry \(name) that does not unpack") }
    return .unpacked(unpacked)
  }

  /// Where an entry's bytes are.
  enum Contents {
    /// In the file.
    case stored(Range<Int>)
    /// In memory.
    case unpacked([UInt8])
  }

  /// Reads the directory at the end of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer) throws(ZipFault) {
    let place = try Self.directory(in: bytes)
    var cursor = ByteCursor(
      UnsafeRawBufferPointer(rebasing: bytes[..<place.upperBound]), at: place.lowerBound)
    var entries: [String: Entry] = [:]
    while cursor.remaining > 0 {
      let entry = try Self.entry(&cursor, in: bytes)
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw .duplicateEntry(entry.name)
      }
    }
    self.entries = entries
  }

  /// Where the directory lies: told by a record at the very end, or by a larger one before it.
  private static func directory(
    in bytes: UnsafeRawBufferPointer
  ) throws(ZipFault) -> Range<Int> {
    let signature: UInt32 = 0x0605_4B50
    // The record is followed by a comment of up to 65535 bytes.
    let candidates = stride(from: bytes.count - 22, through: max(0, bytes.count - 65_557), by: -1)
    guard
      let end = candidates.first(where: {
        bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self).littleEndian == signature
      })
    else { throw .broken(found: "no directory at the end") }
    var cursor = ByteCursor(bytes, at: end + 12)
    var size = UInt64(cursor.number(UInt32.self) ?? 0)
    var offset = UInt64(cursor.number(UInt32.self) ?? 0)
    var locator = ByteCursor(bytes, at: end - 20)
    if end >= 20, locator.number(UInt32.self) == 0x0706_4B50, locator.take(4) != nil,
      let place = locator.number(UInt64.self), place <= UInt64(bytes.count)
    {
      var record = ByteCursor(bytes, at: Int(place))
      guard record.number(UInt32.self) == 0x0606_4B50, record.take(36) != nil,
        let large = record.number(UInt64.self), let start = record.number(UInt64.self)
      else { throw .broken(found: "a damaged directory record") }
      (size, offset) = (large, start)
    }
    let (sum, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, sum <= UInt64(end) else {
      throw .broken(found: "a directory that ends at byte \(sum) of \(bytes.count)")
    }
    return Int(offset)..<Int(sum)
  }

  private static func entry(
    _ cursor: inout ByteCursor, in bytes: UnsafeRawBufferPointer
  ) throws(ZipFault) -> Entry {
    guard cursor.number(UInt32.self) == 0x0201_4B50, cursor.take(4) != nil,
      let flags = cursor.number(UInt16.self), let method = cursor.number(UInt16.self),
      cursor.take(8) != nil, let packed = cursor.number(UInt32.self),
      let unpacked = cursor.number(UInt32.self), let nameLength = cursor.number(UInt16.self),
      let extraLength = cursor.number(UInt16.self), let commentLength = cursor.number(UInt16.self),
      cursor.take(8) != nil, let offset = cursor.number(UInt32.self),
      let name = cursor.text(nameLength), let extra = cursor.take(extraLength),
      cursor.take(commentLength) != nil
    else { throw .broken(found: "a damaged entry in the directory") }
    var sizes = [UInt64(unpacked), UInt64(packed), UInt64(offset)]
    Self.widen(&sizes, by: extra)
    guard sizes[2] <= UInt64(bytes.count) else {
      throw .broken(found: "entry \(name) at byte \(sizes[2]) of \(bytes.count)")
    }
    // The name stands again before the data, with an extra field of another length.
    var local = ByteCursor(bytes, at: Int(sizes[2]))
    guard local.number(UInt32.self) == 0x0403_4B50, local.take(22) != nil,
      let localName = local.number(UInt16.self), let localExtra = local.number(UInt16.self),
      local.take(Int(localName) + Int(localExtra)) != nil
    else { throw .broken(found: "entry \(name) without its header") }
    let start = local.position
    guard local.take(sizes[1]) != nil else {
      throw .broken(found: "entry \(name) that ends after the file")
    }
    return Entry(
      name: name, range: start..<local.position, size: sizes[0],
      method: flags & 1 == 0 ? method : 0xFFFF)
  }

  /// Replaces sizes and an offset that did not fit 32 bits.
  private static func widen(_ sizes: inout [UInt64], by extra: UnsafeRawBufferPointer) {
    var cursor = ByteCursor(extra)
    while let id = cursor.number(UInt16.self), let length = cursor.number(UInt16.self),
      let field = cursor.take(length)
    {
      guard id == 1 else { continue }
      var values = ByteCursor(field)
      for index in sizes.indices where sizes[index] == UInt64(UInt32.max) {
        if let value = values.number(UInt64.self) { sizes[index] = value }
      }
    }
  }
}
