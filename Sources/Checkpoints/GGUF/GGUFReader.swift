import Tensors

/// Reads the header of a GGUF file.
///
/// `GGUF`, a version, how many tensors and metadata values follow; the values; then each tensor's
/// name, sizes with the innermost first, type and offset into the data, which starts at the next
/// multiple of the alignment.
///
/// Source: ggml `docs/gguf.md`, versions 2 and 3.
struct GGUFReader {
  let file: MappedFile
  var metadata: [String: GGUFValue] = [:]
  var tensors: [StoredTensor] = []
  private(set) var version: UInt32 = 0

  /// Arrays of arrays, at most.
  private static let depthLimit = 4

  init(_ file: MappedFile) throws(GGUFFault) {
    self.file = file
    try file.withBytes { (bytes) throws(GGUFFault) in try read(bytes) }
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(GGUFFault) {
    var cursor = ByteCursor(bytes)
    guard cursor.take(4)?.elementsEqual("GGUF".utf8) == true,
      let version = cursor.number(UInt32.self)
    else { throw .notGGUF }
    guard version == 2 || version == 3 else {
      throw .version(version, bigEndian: [2, 3].contains(version.byteSwapped))
    }
    self.version = version
    guard let tensorCount = cursor.number(UInt64.self), let valueCount = cursor.number(UInt64.self)
    else { throw .cutShort(within: "the counts") }
    // Each takes at least a name's length, a type and, of a tensor, an offset.
    try Self.check(tensorCount, of: "tensors", size: 24, cursor)
    try Self.check(valueCount, of: "metadata values", size: 13, cursor)
    for _ in 0..<valueCount {
      let key = try Self.text(&cursor, within: "a metadata key")
      guard let code = cursor.number(UInt32.self) else { throw .cutShort(within: key) }
      guard let type = GGUFType(rawValue: code) else {
        throw .metadata(key: key, found: "type \(code)")
      }
      let value = try Self.value(type, &cursor, file: file, key: key, depth: 0)
      guard metadata.updateValue(value, forKey: key) == nil else { throw .duplicate(key) }
    }
    var entries: [Entry] = []
    var names: Set<String> = []
    for _ in 0..<tensorCount {
      let entry = try Entry(&cursor)
      guard names.insert(entry.name).inserted else { throw .duplicate(entry.name) }
      entries.append(entry)
    }
    try place(entries, in: bytes, from: cursor.position)
  }

  /// Lays the tensors into the data that follows the header.
  private mutating func place(
    _ entries: [Entry], in bytes: UnsafeRawBufferPointer, from end: Int
  ) throws(GGUFFault) {
    let key = "general.alignment"
    let alignment = metadata[key] == nil ? 32 : metadata[key]?.int ?? 0
    guard alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
      throw .metadata(key: key, found: "\(alignment)")
    }
    let start = min(bytes.count, (end + alignment - 1) / alignment * alignment)
    let data = UnsafeRawBufferPointer(rebasing: bytes[start...])
    let sorted = entries.sorted { ($0.offset, $0.name) < ($1.offset, $1.name) }
    var (reached, previous) = (0, "")
    for (index, entry) in sorted.enumerated() {
      guard let size = entry.type.byteCount(of: entry.shape) else {
        throw .shape(tensor: entry.name, shape: entry.shape, type: entry.type.rawValue)
      }
      guard entry.offset % UInt64(alignment) == 0 else {
        throw .alignment(tensor: entry.name, offset: entry.offset, alignment: alignment)
      }
      let (last, overflow) = entry.offset.addingReportingOverflow(UInt64(size))
      guard !overflow, last <= UInt64(data.count) else {
        throw .outsideFile(
          tensor: entry.name, end: overflow ? .max : last, available: data.count)
      }
      let begin = Int(entry.offset)
      guard begin >= reached || size == 0 else {
        throw .overlap(tensor: entry.name, other: previous)
      }
      var length = size
      if case .unknown = entry.type {
        // Its size is not known: whatever lies before the next one.
        let next = index + 1 < sorted.count ? sorted[index + 1].offset : UInt64(data.count)
        length = Int(min(next, UInt64(data.count))) - begin
      }
      tensors.append(
        StoredTensor(
          name: entry.name, shape: entry.shape, type: entry.type,
          bytes: UnsafeRawBufferPointer(rebasing: data[begin..<begin + length]), owner: file))
      (reached, previous) = (begin + length, entry.name)
    }
  }

  /// A tensor as the header describes it.
  private struct Entry {
    let name: String
    let shape: [Int]
    let type: StorageType
    let offset: UInt64

    init(_ cursor: inout ByteCursor) throws(GGUFFault) {
      name = try GGUFReader.text(&cursor, within: "a tensor's name")
      guard let rank = cursor.number(UInt32.self) else { throw .cutShort(within: name) }
      guard rank <= 4 else { throw .rank(tensor: name, found: rank) }
      var sizes: [Int] = []
      for _ in 0..<rank {
        guard let size = cursor.number(UInt64.self) else { throw .cutShort(within: name) }
        // Beyond what an integer holds, it is refused as a shape.
        sizes.append(Int(exactly: size) ?? -1)
      }
      guard let code = cursor.number(UInt32.self), let offset = cursor.number(UInt64.self) else {
        throw .cutShort(within: name)
      }
      shape = sizes.reversed()
      type = GGUFFile.types[code] ?? .unknown("GGML type \(code)")
      self.offset = offset
    }
  }
}

extension GGUFReader {
  /// One value; an array is checked and left where it lies.
  static func value(
    _ type: GGUFType, _ cursor: inout ByteCursor, file: MappedFile, key: String, depth: Int
  ) throws(GGUFFault) -> GGUFValue {
    let value: GGUFValue?
    switch type {
    case .uint8: value = cursor.number(UInt8.self).map { .int(Int($0)) }
    case .int8: value = cursor.number(Int8.self).map { .int(Int($0)) }
    case .uint16: value = cursor.number(UInt16.self).map { .int(Int($0)) }
    case .int16: value = cursor.number(Int16.self).map { .int(Int($0)) }
    case .uint32: value = cursor.number(UInt32.self).map { .int(Int($0)) }
    case .int32: value = cursor.number(Int32.self).map { .int(Int($0)) }
    case .int64: value = cursor.number(Int64.self).map { .int(Int($0)) }
    case .uint64:
      value = cursor.number(UInt64.self).map { number in
        Int(exactly: number).map { .int($0) } ?? .double(Double(number))
      }
    case .float32:
      value = cursor.number(UInt32.self).map { .double(Double(Float(bitPattern: $0))) }
    case .float64: value = cursor.number(UInt64.self).map { .double(Double(bitPattern: $0)) }
    case .bool: value = cursor.number(UInt8.self).map { .bool($0 != 0) }
    case .string: value = .string(try text(&cursor, within: key))
    case .array: value = .array(try array(&cursor, file: file, key: key, depth: depth))
    }
    guard let value else { throw .cutShort(within: key) }
    return value
  }

  private static func array(
    _ cursor: inout ByteCursor, file: MappedFile, key: String, depth: Int
  ) throws(GGUFFault) -> GGUFArray {
    guard depth < depthLimit else {
      throw .metadata(key: key, found: "arrays nested more than \(depthLimit) deep")
    }
    guard let code = cursor.number(UInt32.self), let count = cursor.number(UInt64.self) else {
      throw .cutShort(within: key)
    }
    guard let type = GGUFType(rawValue: code) else {
      throw .metadata(key: key, found: "an array of type \(code)")
    }
    try check(count, of: "values under \(key)", size: type.size, cursor)
    let start = cursor.position
    switch type {
    case .string:
      for _ in 0..<count {
        guard let length = cursor.number(UInt64.self), cursor.take(length) != nil else {
          throw .cutShort(within: key)
        }
      }
    case .array:
      for _ in 0..<count { _ = try array(&cursor, file: file, key: key, depth: depth + 1) }
    default: _ = cursor.take(Int(count) * type.size)
    }
    return GGUFArray(count: Int(count), type: type, file: file, start: start)
  }

  private static func text(
    _ cursor: inout ByteCursor, within what: String
  ) throws(GGUFFault) -> String {
    guard let length = cursor.number(UInt64.self), let text = cursor.text(length) else {
      throw .cutShort(within: what)
    }
    return text
  }

  private static func check(
    _ count: UInt64, of what: String, size: Int, _ cursor: ByteCursor
  ) throws(GGUFFault) {
    guard count <= UInt64(cursor.remaining / size) else {
      throw .count(of: what, found: count, limit: cursor.remaining / size)
    }
  }
}
