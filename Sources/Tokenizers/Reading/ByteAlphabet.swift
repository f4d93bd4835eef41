/// The printable stand-ins of GPT-2 for the 256 bytes.
///
/// Printable Latin-1 characters stand for themselves, the other bytes, in order, for U+0100 and on:
/// a space is `Ġ`.
///
/// Source: `bytes_to_unicode` in openai/gpt-2, `src/encoder.py`.
enum ByteAlphabet {
  /// The stand-in of each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? Unicode.Scalar(byte)
      }
    }
  }()

  /// The byte of each stand-in, by its number; nil for the numbers below that are none.
  static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: Int(scalars.map(\.value).max() ?? 0) + 1)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = UInt8(byte) }
    return bytes
  }()

  /// The bytes that `piece`, in UTF-8, stands for; nil when not all of it are stand-ins.
  static func bytes(of piece: [UInt8]) -> [UInt8]? {
    var found: [UInt8] = []
    found.reserveCapacity(piece.count)
    var position = 0
    while position < piece.count {
      let (value, length) = ScalarScanner.scalar(in: piece, at: position)
      guard Int(value) < bytes.count, let byte = bytes[Int(value)] else { return nil }
      found.append(byte)
      position += length
    }
    return found
  }
}
