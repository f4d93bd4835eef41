#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Color {
  /// CIE L*, 0 to 100, with xterm's palette; nil for the terminal's own colour.
  var lightness: Double? {
    guard let (red, green, blue) = components else { return nil }
    func linear(_ value: UInt8) -> Double {
      let part = Double(value) / 255
      return part > 0.04045 ? pow((part + 0.055) / 1.055, 2.4) : part / 12.92
    }
    let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    return luminance > 0.008856 ? 116 * cbrt(luminance) - 16 : 903.3 * luminance
  }

  /// Red, green and blue, with xterm's palette; nil for the terminal's own colour.
  var components: (UInt8, UInt8, UInt8)? {
    switch self {
    case .rgb(let red, let green, let blue): (red, green, blue)
    case .indexed(let number): Self.palette(number)
    case .terminal: nil
    }
  }

  /// The colour of a depth that is nearest to another one, by the squares of the differences; the
  /// terminal's own below 256 colours.
  static func nearest(_ red: UInt8, _ green: UInt8, _ blue: UInt8, depth: ColorDepth) -> Color {
    switch depth {
    case .direct: return .rgb(red, green, blue)
    case .palette256: break
    case .palette16, .palette8, .mono: return .terminal
    }
    func step(_ value: UInt8) -> Int { value < 48 ? 0 : value < 115 ? 1 : (Int(value) - 35) / 40 }
    let cube = UInt8(16 + 36 * step(red) + 6 * step(green) + step(blue))
    let mean = (Int(red) + Int(green) + Int(blue)) / 3
    let grey = UInt8(232 + ((mean - 3) / 10).clamped(to: 0...23))
    func distance(_ color: UInt8) -> Int {
      let (r, g, b) = palette(color)
      return [(r, red), (g, green), (b, blue)].reduce(0) { sum, pair in
        let difference = Int(pair.0) - Int(pair.1)
        return sum + difference * difference
      }
    }
    return .indexed(distance(grey) < distance(cube) ? grey : cube)
  }

  private static func palette(_ number: UInt8) -> (UInt8, UInt8, UInt8) {
    let first: [(UInt8, UInt8, UInt8)] = [
      (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205),
      (0, 205, 205), (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0),
      (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255),
    ]
    if number < 16 { return first[Int(number)] }
    if number >= 232 {
      let grey = 8 + 10 * (number - 232)
      return (grey, grey, grey)
    }
    let steps: [UInt8] = [0, 95, 135, 175, 215, 255]
    let place = Int(number) - 16
    return (steps[place / 36], steps[place / 6 % 6], steps[place % 6])
  }
}
