/// A JSON value with its members in order.
///
/// Not Foundation's decoder: a vocabulary of 128k pieces takes it most of a second, and its
/// dictionaries take two pieces for one when they differ only in their Unicode normal form, since
/// Swift's strings do.
enum JSONTree: Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONTree])
  case object([Member])

  /// A member of an object.
  struct Member: Sendable {
    let key: String
    let value: JSONTree
  }

  /// What it is, for an error text.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
    case .string(let value): "\"\(value)\""
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// Where and why a text is no JSON.
struct JSONFault: Error {
  let line: Int
  let found: String
}

/// Reads JSON text into a tree.
struct JSONParser {
  private let text: [UInt8]
  /// The key of lists that are passed over.
  private let unread: String?
  private var position = 0
  private var depth = 0

  /// Reads the one value in `text`.
  ///
  /// - Parameter unread: The key of lists that nobody will look into; each is taken for an empty one.
  static func parse(_ text: [UInt8], without unread: String? = nil) throws(JSONFault) -> JSONTree {
    var parser = JSONParser(text: text, unread: unread)
    // The byte order mark that some editors leave.
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
    let value = try parser.value()
    parser.skipBlank()
    guard parser.position == text.count else { throw parser.fault() }
    return value
  }

  private init(text: [UInt8], unread: String?) {
    self.text = text
    self.unread = unread
  }

  private var current: UInt8? { position < text.count ? text[position] : nil }

  private func fault(_ found: String? = nil) -> JSONFault {
    let line = 1 + text[..<min(position, text.count)].count { $0 == UInt8(ascii: "\n") }
    if let found { return JSONFault(line: line, found: found) }
    guard let current else { return JSONFault(line: line, found: "the end of the file") }
    let name =
      (0x21..<0x7F).contains(current)
      ? "'\(Character(Unicode.Scalar(current)))'" : "byte \(current)"
    return JSONFault(line: line, found: name)
  }

  private mutating func skipBlank() {
    while position < text.count {
      switch text[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) throws(JSONFault) {
    skipBlank()
    guard current == byte else { throw fault() }
    position += 1
  }

  private mutating func takes(_ byte: UInt8) -> Bool {
    skipBlank()
    guard current == byte else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(JSONFault) -> JSONTree {
    skipBlank()
    switch current {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONFault) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONFault) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(
    _ read: (inout JSONParser) throws(JSONFault) -> JSONTree
  ) throws(JSONFault) -> JSONTree {
    // Far over any real file, and far under what the stack holds.
    guard depth < 200 else { throw fault("values nested over 200 deep") }
    depth += 1
    defer { depth -= 1 }
    return try read(&self)
  }

  private mutating func object() throws(JSONFault) -> JSONTree {
    try take(UInt8(ascii: "{"))
    var members: [JSONTree.Member] = []
    if takes(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipBlank()
      let key = try string()
      try take(UInt8(ascii: ":"))
      skipBlank()
      let isUnread = current == UInt8(ascii: "[") && key == unread
      members.append(.init(key: key, value: isUnread ? try passedOver() : try value()))
    } while takes(UInt8(ascii: ","))
    try take(UInt8(ascii: "}"))
    return .object(members)
  }

  private mutating func array() throws(JSONFault) -> JSONTree {
    try take(UInt8(ascii: "["))
    var elements: [JSONTree] = []
    if takes(UInt8(ascii: "]")) { return .array(elements) }
    repeat { elements.append(try value()) } while takes(UInt8(ascii: ","))
    try take(UInt8(ascii: "]"))
    return .array(elements)
  }

  /// A list up to its end, of which only brackets and texts are looked at.
  private mutating func passedOver() throws(JSONFault) -> JSONTree {
    var open = 0
    var isInText = false
    while position < text.count {
      let byte = text[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): isInText.toggle()
      case UInt8(ascii: "\\") where isInText: position += 1
      case _ where isInText: break
      case UInt8(ascii: "["): open += 1
      case UInt8(ascii: "]"):
        open -= 1
        if open == 0 { return .array([]) }
      default: break
      }
    }
    throw fault()
  }

  private mutating func word(_ word: String, _ value: JSONTree) throws(JSONFault) -> JSONTree {
    guard text[position...].starts(with: word.utf8) else { throw fault() }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(JSONFault) -> JSONTree {
    let start = position
    while let byte = current {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
        UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        position += 1
        continue
      default: break
      }
      break
    }
    if let whole = smallNumber(text[start..<position]) { return .number(whole) }
    guard let number = Double(String(decoding: text[start..<position], as: UTF8.self)) else {
      position = start
      throw fault()
    }
    return .number(number)
  }

  /// The usual number of a vocabulary: a few digits.
  private func smallNumber(_ digits: ArraySlice<UInt8>) -> Double? {
    guard (1...15).contains(digits.count) else { return nil }
    var sum = 0
    for byte in digits {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      sum = sum &* 10 &+ Int(byte &- UInt8(ascii: "0"))
    }
    return Double(sum)
  }

  private mutating func string() throws(JSONFault) -> String {
    guard current == UInt8(ascii: "\"") else { throw fault() }
    position += 1
    let start = position
    while position < text.count, text[position] >= 0x20, text[position] != UInt8(ascii: "\\") {
      guard text[position] != UInt8(ascii: "\"") else {
        position += 1
        return try validated(text[start..<(position - 1)])
      }
      position += 1
    }
    var bytes = Array(text[start..<position])
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return try validated(bytes[...])
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &bytes)
      case 0..<0x20: throw fault("a control character in a text")
      default:
        bytes.append(byte)
        position += 1
      }
    }
    throw fault()
  }

  private func validated(_ bytes: ArraySlice<UInt8>) throws(JSONFault) -> String {
    // What is no UTF-8 is repaired, and then is not what it was: quicker than asking first.
    let string = String(decoding: bytes, as: UTF8.self)
    guard string.utf8.count == bytes.count, string.utf8.elementsEqual(bytes) else {
      throw fault("bytes that are no UTF-8")
    }
    return string
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(JSONFault) {
    guard let byte = current else { throw fault() }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), current == UInt8(ascii: "\\") {
        position += 1
        guard current == UInt8(ascii: "u") else { throw fault("half of a surrogate pair") }
        position += 1
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
      bytes.append(contentsOf: String(scalar).utf8)
    default:
      position -= 1
      throw fault()
    }
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    let end = position + 4
    guard end <= text.count,
      let code = UInt32(String(decoding: text[position..<end], as: UTF8.self), radix: 16)
    else { throw fault("an escape without four hexadecimal digits") }
    position = end
    return code
  }
}
