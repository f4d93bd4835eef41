/// Netpbm's PGM and PPM, written as text (`P2`, `P3`) or as bytes (`P5`, `P6`).
///
/// Source: netpbm's `pgm` and `ppm` manual pages.
enum PortableMap {
  /// The image; nil when the header or the number of samples is wrong.
  static func decode(_ bytes: [UInt8]) -> PixelImage? {
    var position = 2
    func number() -> Int? {
      while position < bytes.count, !isDigit(bytes[position]) {
        if bytes[position] == UInt8(ascii: "#") {
          while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        } else if !isSpace(bytes[position]) {
          return nil
        }
        position += 1
      }
      let start = position
      while position < bytes.count, isDigit(bytes[position]) { position += 1 }
      return Int(String(decoding: bytes[start..<min(position, bytes.count)], as: UTF8.self))
    }
    guard bytes.count > 2, let width = number(), let height = number(), let largest = number(),
      (1...65535).contains(width), (1...65535).contains(height), (1...65535).contains(largest)
    else { return nil }
    let channels = bytes[1] == UInt8(ascii: "3") || bytes[1] == UInt8(ascii: "6") ? 3 : 1
    let count = width * height * channels
    // A sample takes a byte at least, also as text.
    guard bytes.count - position >= count else { return nil }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count)
    func append(_ sample: Int) { pixels.append(UInt8(min(sample, largest) * 255 / largest)) }
    if bytes[1] <= UInt8(ascii: "3") {
      for _ in 0..<count {
        guard let sample = number() else { return nil }
        append(sample)
      }
    } else {
      let width = largest > 255 ? 2 : 1
      guard bytes.count - position - 1 >= count * width else { return nil }
      for i in 0..<count {
        let at = position + 1 + i * width
        append(width == 1 ? Int(bytes[at]) : Int(bytes[at]) << 8 | Int(bytes[at + 1]))
      }
    }
    return PixelImage(width: width, height: height, channels: channels, pixels: pixels)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}
