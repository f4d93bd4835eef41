/// Replaces what is no UTF-8 by U+FFFD, one for each longest stretch that begins a character, as
/// Python does.
enum UTF8Repair {
  /// Valid bytes, and the original offset of each edge; no edges when nothing was replaced.
  static func repair(_ bytes: [UInt8]) -> (bytes: [UInt8], edges: [Int]?) {
    guard var position = firstFault(in: bytes) else { return (bytes, nil) }
    var fixed = Array(bytes[..<position])
    var edges = Array(0..<position)
    while position < bytes.count {
      let (length, isValid) = sequence(in: bytes, at: position)
      if isValid {
        fixed.append(contentsOf: bytes[position..<(position + length)])
        edges.append(contentsOf: position..<(position + length))
      } else {
        fixed.append(contentsOf: [0xEF, 0xBF, 0xBD])
        // The first byte carries the whole stretch, so that tokens of single bytes still lie side
        // by side.
        edges.append(contentsOf: [position, position + length, position + length])
      }
      position += length
    }
    edges.append(bytes.count)
    return (fixed, edges)
  }

  private static func firstFault(in bytes: [UInt8]) -> Int? {
    var position = 0
    while position < bytes.count {
      guard bytes[position] >= 0x80 else {
        position += 1
        continue
      }
      let (length, isValid) = sequence(in: bytes, at: position)
      guard isValid else { return position }
      position += length
    }
    return nil
  }

  /// The length of the character at `position`, or of the stretch to replace.
  ///
  /// Source: The Unicode Standard, table 3-7, and its "substitution of maximal subparts".
  private static func sequence(in bytes: [UInt8], at position: Int) -> (length: Int, isValid: Bool)
  {
    let count: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[position] {
    case 0..<0x80: return (1, true)
    case 0xC2...0xDF: count = 2
    case 0xE0: (count, second) = (3, 0xA0...0xBF)
    case 0xED: (count, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: count = 3
    case 0xF0: (count, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: count = 4
    case 0xF4: (count, second) = (4, 0x80...0x8F)
    default: return (1, false)
    }
    for step in 1..<count {
      let range = step == 1 ? second : 0x80...0xBF
      guard position + step < bytes.count, range.contains(bytes[position + step]) else {
        return (step, false)
      }
    }
    return (count, true)
  }
}
