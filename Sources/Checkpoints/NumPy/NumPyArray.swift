import Tensors

/// One array as NumPy writes it.
///
/// Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays".
public struct NumPyArray: Sendable {
  /// What it holds.
  public enum Contents: Sendable {
    /// Numbers, where they lie.
    case numbers(StoredTensor)
    /// Texts, row-major.
    case texts([String])
  }

  /// The name in an archive, or the file's.
  public let name: String
  /// Sizes, outermost first; empty for a single value.
  public let shape: [Int]
  /// The values.
  public let contents: Contents

  /// The numbers; nil for texts.
  public var numbers: StoredTensor? {
    guard case .numbers(let tensor) = contents else { return nil }
    return tensor
  }

  /// The texts; nil for numbers.
  public var texts: [String]? {
    guard case .texts(let texts) = contents else { return nil }
    return texts
  }

  /// Whether bytes start like an array.
  static func isArray(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.prefix(6).elementsEqual([0x93] + Array("NUMPY".utf8))
  }

  /// Reads the array in `bytes`, which `owner` keeps in place.
  init(
    name: String, bytes: UnsafeRawBufferPointer, owner: any ByteOwner
  ) throws(NumPyFault) {
    self.name = name
    guard Self.isArray(bytes) else { throw .header(array: name, found: "no magic") }
    var cursor = ByteCursor(bytes, at: 6)
    guard let major = cursor.number(UInt8.self), cursor.number(UInt8.self) != nil,
      (1...3).contains(major),
      let length = major == 1
        ? cursor.number(UInt16.self).map(Int.init) : cursor.number(UInt32.self).map(Int.init),
      let text = cursor.text(length)
    else { throw .header(array: name, found: "an unknown version or a short file") }
    let header = NumPyHeader(text)
    guard let type = header.type, let shape = header.shape, shape.allSatisfy({ $0 >= 0 }) else {
      throw .header(array: name, found: "no type or shape")
    }
    guard !header.isColumnMajor || shape.count < 2 else {
      throw .type(array: name, found: "\(type) in Fortran order")
    }
    self.shape = shape
    let data = UnsafeRawBufferPointer(rebasing: bytes[cursor.position...])
    guard let width = NumPyHeader.textWidth(type) else {
      guard let stored = NumPyHeader.storage(type), let size = stored.byteCount(of: shape) else {
        throw .type(array: name, found: type)
      }
      guard size == data.count else {
        throw .size(array: name, found: data.count, expected: size)
      }
      contents = .numbers(
        StoredTensor(name: name, shape: shape, type: stored, bytes: data, owner: owner))
      return
    }
    let unit = type.contains("U") ? 4 : 1
    guard let count = StorageType.uint8.byteCount(of: shape + [width, unit]) else {
      throw .type(array: name, found: type)
    }
    guard count == data.count else { throw .size(array: name, found: data.count, expected: count) }
    let items = width == 0 ? 0 : data.count / (width * unit)
    contents = .texts(
      (0..<items).map { item in
        let part = UnsafeRawBufferPointer(
          rebasing: data[item * width * unit..<(item + 1) * width * unit])
        guard unit == 4 else { return String(decoding: part.prefix { $0 != 0 }, as: UTF8.self) }
        let scalars = (0..<width).map {
          UInt32(littleEndian: part.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
        }
        return String(
          String.UnicodeScalarView(
            scalars.prefix { $0 != 0 }.map { Unicode.Scalar($0) ?? "\u{FFFD}" }))
      })
  }
}

/// The description at the head of an array: a Python dictionary of three entries.
struct NumPyHeader {
  private let text: String

  init(_ text: String) { self.text = text }

  /// What follows a key; nil when it is not there.
  private func value(_ key: String) -> Substring? {
    for quote in ["'", "\""] {
      guard let place = text.range(of: "\(quote)\(key)\(quote)") else { continue }
      return text[place.upperBound...].drop { $0 == ":" || $0 == " " }
    }
    return nil
  }

  /// Such as `<f4`; nil for a structured type.
  var type: String? {
    guard let value = value("descr"), let quote = value.first, quote == "'" || quote == "\"" else {
      return nil
    }
    return String(value.dropFirst().prefix { $0 != quote })
  }

  /// Whether the first index moves fastest.
  var isColumnMajor: Bool { value("fortran_order")?.hasPrefix("True") ?? false }

  /// Sizes, outermost first; nil when there are none or they are no numbers.
  var shape: [Int]? {
    guard let value = value("shape"), value.first == "(",
      let end = value.firstIndex(of: ")")
    else { return nil }
    let parts = value[value.index(after: value.startIndex)..<end].split { $0 == "," || $0 == " " }
    let numbers = parts.compactMap { Int($0) }
    return numbers.count == parts.count ? numbers : nil
  }

  /// How numbers of a type are written; nil for a type that is not read.
  static func storage(_ type: String) -> StorageType? {
    let types: [String: StorageType] = [
      "<f8": .float64, "<f4": .float32, "<f2": .float16, "<i8": .int64, "<i4": .int32,
      "<i2": .int16, "|i1": .int8, "<u8": .uint64, "<u4": .uint32, "<u2": .uint16, "|u1": .uint8,
      "|b1": .bool,
    ]
    return types[type]
  }

  /// How many characters each text has; nil for a type of numbers.
  static func textWidth(_ type: String) -> Int? {
    guard type.hasPrefix("<U") || type.hasPrefix("|S") else { return nil }
    return Int(type.dropFirst(2)).flatMap { (0...1 << 20).contains($0) ? $0 : nil }
  }
}
