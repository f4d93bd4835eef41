/// GPT-2's pattern as a scanner: it is fixed, and a regular-expression engine takes many times as
/// long.
///
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
///
/// Source: openai/gpt-2, `src/encoder.py`.
enum GPT2Pattern {
  /// What the pattern tells apart.
  enum Kind: UInt8 {
    case space, letter, number, other
  }

  /// The end of the match at `start`: there always is one.
  static func end(of start: Int, in bytes: [UInt8], limit: Int) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'") {
      let length = contraction(at: start, in: bytes, limit: limit)
      if length > 0 { return start + length }
    }
    var position = start
    if first == UInt8(ascii: " "), start + 1 < limit {
      // The one space that ` ?` takes, unless more white space follows.
      if kind(at: start + 1, in: bytes).kind != .space { position += 1 }
    }
    let (kind, length) = kind(at: position, in: bytes)
    position += length
    guard kind != .space else { return endOfSpace(start, from: position, in: bytes, limit: limit) }
    while position < limit {
      let (next, length) = self.kind(at: position, in: bytes)
      guard next == kind else { break }
      position += length
    }
    return position
  }

  /// White space: all of a run at the end of the text, else all but its last, which the next word
  /// may take.
  private static func endOfSpace(_ start: Int, from: Int, in bytes: [UInt8], limit: Int) -> Int {
    var position = from
    var last = start
    while position < limit {
      let (kind, length) = kind(at: position, in: bytes)
      guard kind == .space else { return last > start ? last : position }
      last = position
      position += length
    }
    return position
  }

  /// The length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `start`; 0 when there is none.
  private static func contraction(at start: Int, in bytes: [UInt8], limit: Int) -> Int {
    guard start + 1 < limit else { return 0 }
    let next = bytes[start + 1]
    let after = start + 2 < limit ? bytes[start + 2] : 0
    switch (next, after) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _),
      (UInt8(ascii: "d"), _):
      return 2
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return 3
    default: return 0
    }
  }

  @inline(__always)
  private static func kind(at position: Int, in bytes: [UInt8]) -> (kind: Kind, length: Int) {
    let byte = bytes[position]
    if byte < 0x80 { return (asciiKind(byte), 1) }
    let (value, length) = ScalarScanner.scalar(in: bytes, at: position)
    return (kind(of: value), length)
  }

  @inline(__always)
  private static func asciiKind(_ byte: UInt8) -> Kind {
    // Letters first: most of any text.
    if (byte | 0x20) &- 0x61 < 26 { return .letter }
    if byte == 0x20 || byte &- 0x09 < 5 { return .space }
    if byte &- 0x30 < 10 { return .number }
    return .other
  }

  private static func kind(of value: UInt32) -> Kind {
    guard let properties = Unicode.Scalar(value)?.properties else { return .other }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return properties.isWhitespace ? .space : .other
    }
  }
}
