/// A ladder of colours for values from 0 to 1, dark to light.
///
/// Lightness rises from step to step at every depth, so the order can be seen without telling hues
/// apart. Nearest-colour approximations of these ramps in the 256-colour palette do not keep that
/// order; the 256-colour ladders were chosen by dynamic programming over the palette for rising L*.
public enum Ramp: String, Sendable, CaseIterable {
  /// Dark blue to yellow, nearly the same for people who confuse red and green.
  case cividis
  /// Black to white; the most steps in 256 colours.
  case grey
  /// Black over red to pale yellow.
  case inferno
  /// Dark violet over green to yellow.
  case viridis

  /// Inferno: it spans the whole lightness range (L* 0 to 98 in 256 colours, against 21 to 87 for
  /// viridis), so weak and strong weights lie farthest apart; grey spans as much in more steps, but
  /// neighbouring greys are hard to tell apart and it looks like text.
  public static let standard = Ramp.inferno

  /// The ramp after this one.
  var next: Ramp {
    let all = Ramp.allCases
    let place = all.firstIndex(of: self) ?? 0
    return all[(place + 1) % all.count]
  }

  /// The colours at a depth, darkest first; empty without colours.
  public func colors(_ depth: ColorDepth) -> [Color] {
    switch depth {
    case .direct: (0..<256).map { direct(Double($0) / 255) }
    case .palette256: palette256.map { .indexed($0) }
    // Black, blue, magenta, bright red, bright yellow, white: rising in xterm's and in the VGA palette,
    // where the dark yellow of eight colours is a brown darker than cyan.
    case .palette16: [0, 4, 5, 9, 11, 15].map { .indexed($0) }
    case .palette8: [0, 4, 5, 6, 7].map { .indexed($0) }
    case .mono: []
    }
  }

  private var palette256: [UInt8] {
    switch self {
    case .cividis: [235, 53, 24, 60, 242, 243, 244, 137, 143, 179, 185, 220]
    case .grey: Array(232...255)
    case .inferno: [16, 232, 17, 53, 54, 89, 125, 161, 131, 167, 202, 208, 214, 184, 221, 229]
    case .viridis: [53, 54, 24, 60, 242, 30, 36, 108, 41, 113, 184, 220]
    }
  }

  private var anchors: [(Double, Double, Double)] {
    switch self {
    case .cividis:
      [
        (0, 34, 78), (18, 53, 112), (59, 73, 108), (87, 93, 109), (112, 113, 115), (138, 134, 120),
        (166, 157, 117), (195, 179, 105), (225, 204, 85), (254, 232, 56),
      ]
    case .grey: [(8, 8, 8), (255, 255, 255)]
    case .inferno:
      [
        // Blue 8, not 4: the smallest numbers of direct colour still mean the palette's first eight.
        (0, 0, 8), (27, 12, 65), (74, 12, 107), (120, 28, 109), (165, 44, 96), (207, 68, 70),
        (237, 105, 37), (251, 155, 6), (247, 209, 61), (252, 255, 164),
      ]
    case .viridis:
      [
        (68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137),
        (53, 183, 121), (109, 205, 89), (180, 222, 44), (253, 231, 37),
      ]
    }
  }

  private func direct(_ level: Double) -> Color {
    let anchors = anchors
    let place = level * Double(anchors.count - 1)
    let index = min(Int(place), anchors.count - 2)
    let part = place - Double(index)
    let (low, high) = (anchors[index], anchors[index + 1])
    func mix(_ a: Double, _ b: Double) -> UInt8 { UInt8((a + (b - a) * part).rounded()) }
    return .rgb(mix(low.0, high.0), mix(low.1, high.1), mix(low.2, high.2))
  }

  /// The ladder where there are no colours, lightest ink first.
  public static let glyphs: [String] = " .:-=+*#%@".map(String.init)

  /// The step that a level falls on; nil when it is undefined.
  static func step(_ level: Float, of count: Int) -> Int? {
    guard !level.isNaN, count > 0 else { return nil }
    // Clamped before it becomes an integer: infinity would trap.
    return min(count - 1, Int(level.clamped(to: 0...1) * Float(count)))
  }
}
