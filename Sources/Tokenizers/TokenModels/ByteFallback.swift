/// The pieces `<0x00>` to `<0xFF>` that stand for single bytes.
enum ByteFallback {
  /// Their ids in a vocabulary, -1 where there is none.
  static func ids(_ vocabulary: Vocabulary) -> [Int32] {
    (UInt8.min...UInt8.max).map { vocabulary.id(of: piece($0)).map { Int32($0) } ?? -1 }
  }

  /// The piece of a byte.
  static func piece(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.utf8.count < 2 ? "0" : "") + digits + ">"
  }

  /// The byte of a piece; nil for any other.
  static func byte(_ piece: some Collection<UInt8>) -> UInt8? {
    let piece = Array(piece)
    guard piece.count == 6, piece.starts(with: [0x3C, 0x30, 0x78]), piece[5] == 0x3E else {
      return nil
    }
    let digits = String(decoding: piece[3..<5], as: UTF8.self)
    return digits.utf8.contains(0x2B) ? nil : UInt8(digits, radix: 16)
  }
}
