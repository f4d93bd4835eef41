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
