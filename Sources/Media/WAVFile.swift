/// WAV files: PCM of 8 to 32 bits, or float, any number of channels, which are averaged.
///
/// Source: Microsoft and IBM 1991, "Multimedia Programming Interface and Data Specifications 1.0".
public struct WAVFile: Sendable, Hashable {
  /// Samples a second.
  public let rate: Int
  /// From −1 to 1.
  public let samples: [Float]

  /// Reads a file.
  ///
  /// - Throws: `MediaError.unreadable`, `.notASound`.
  public init(path: String) throws(MediaError) {
    try self.init(MediaFile.bytes(path), file: path)
  }

  /// Reads the bytes of a file.
  ///
  /// - Parameter file: Its name in errors.
  public init(_ bytes: [UInt8], file: String) throws(MediaError) {
    func number(_ at: Int, _ size: Int) -> Int {
      (0..<size).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    func name(_ at: Int) -> String { String(decoding: bytes[at..<at + 4], as: UTF8.self) }
    guard bytes.count >= 12, name(0) == "RIFF", name(8) == "WAVE" else {
      throw .notASound(file: file, found: bytes.isEmpty ? "an empty file" : "something else")
    }
    var format: (code: Int, channels: Int, rate: Int, bits: Int)?
    var position = 12
    while position + 8 <= bytes.count {
      let size = number(position + 4, 4)
      let body = position + 8
      switch name(position) {
      case "fmt " where size >= 16 && body + 16 <= bytes.count:
        var code = number(body, 2)
        // The extensible form keeps the code further back.
        if code == 0xFFFE, size >= 26, body + 26 <= bytes.count { code = number(body + 24, 2) }
        format = (code, number(body + 2, 2), number(body + 4, 4), number(body + 14, 2))
      case "data":
        guard let format else { throw .notASound(file: file, found: "samples before their format") }
        // Writers that stream leave a size that is too large.
        let end = min(bytes.count, body + size)
        guard format.channels > 0,
          let decode = Self.decoder(code: format.code, bits: format.bits)
        else {
          throw .notASound(
            file: file, found: "samples of format \(format.code) with \(format.bits) bits")
        }
        let width = format.bits / 8
        let frame = width * format.channels
        rate = format.rate
        samples = (0..<(end - body) / frame).map { index in
          let start = body + index * frame
          let sum = (0..<format.channels).reduce(Float(0)) {
            $0 + decode(number(start + $1 * width, width))
          }
          return sum / Float(format.channels)
        }
        return
      default: break
      }
      position = body + size + size % 2
    }
    throw .notASound(file: file, found: "a WAV file without samples")
  }

  /// From a sample's bits to −1...1; nil for a format that is not read.
  private static func decoder(code: Int, bits: Int) -> ((Int) -> Float)? {
    switch (code, bits) {
    case (1, 8): { Float($0 - 128) / 128 }
    case (1, 16): { Float(Int16(truncatingIfNeeded: $0)) / 32768 }
    case (1, 24): { Float(Int32(truncatingIfNeeded: $0 << 8)) / 2_147_483_648 }
    case (1, 32): { Float(Int32(truncatingIfNeeded: $0)) / 2_147_483_648 }
    case (3, 32): { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
    default: nil
    }
  }
}
