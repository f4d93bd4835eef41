/// Unicode scalars of bytes that are known to be UTF-8, without making strings.
enum ScalarScanner {
  /// The scalar at `position` and its length in bytes.
  @inline(__always)
  static func scalar(in bytes: [UInt8], at position: Int) -> (value: UInt32, length: Int) {
    let first = UInt32(bytes[position])
    let tail = { (step: Int) in UInt32(bytes[position &+ step] & 0x3F) }
    if first < 0x80 { return (first, 1) }
    if first < 0xE0 { return ((first & 0x1F) << 6 | tail(1), 2) }
    if first < 0xF0 { return ((first & 0x0F) << 12 | tail(1) << 6 | tail(2), 3) }
    return ((first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4)
  }

  /// Where the scalar before `position` starts.
  static func start(before position: Int, in bytes: [UInt8]) -> Int {
    var start = position - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// Whether it is white space in Unicode's sense, `\s` in the library's regular expressions.
  static func isSpace(_ value: UInt32) -> Bool {
    guard value >= 0x80 else { return value == 0x20 || (0x09...0x0D).contains(value) }
    return Unicode.Scalar(value)?.properties.isWhitespace ?? false
  }

  /// Whether it belongs to a word, `\w` of Rust's regular expressions (UTS #18, annex C).
  static func isWord(_ value: UInt32) -> Bool {
    guard let scalar = Unicode.Scalar(value) else { return false }
    let properties = scalar.properties
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }
}
