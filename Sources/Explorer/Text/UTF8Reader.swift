/// Bytes read as UTF-8, one scalar or one invalid byte at a time.
///
/// The standard decoder repairs what is invalid, and a token is often half a character: its bytes
/// must be seen as they are.
struct UTF8Reader: Sequence, IteratorProtocol {
  enum Element: Equatable {
    case scalar(Unicode.Scalar)
    case invalid(UInt8)
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> Element? {
    guard position < bytes.count else { return nil }
    let first = bytes[position]
    let length =
      switch first {
      case 0..<0x80: 1
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 0
      }
    guard length > 0, position + length <= bytes.count else { return invalid(first) }
    var value = length == 1 ? UInt32(first) : UInt32(first) & (0x7F >> UInt32(length))
    for byte in bytes[(position + 1)..<(position + length)] {
      guard byte & 0xC0 == 0x80 else { return invalid(first) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    let smallest: UInt32 = [0, 0, 0x80, 0x800, 0x10000][length]
    guard value >= smallest, let scalar = Unicode.Scalar(value) else { return invalid(first) }
    position += length
    return .scalar(scalar)
  }

  private mutating func invalid(_ byte: UInt8) -> Element {
    position += 1
    return .invalid(byte)
  }
}
