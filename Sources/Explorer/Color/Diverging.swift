/// Colours for signed values: blue for less, red for more, lightest in the middle, so that how far a
/// value is from zero shows as lightness and its sign as hue.
enum Diverging {
  /// How many steps there are; the middle one is zero.
  static let steps = 9

  /// The colours at a depth, the lowest value first; empty without colours.
  static func colors(_ depth: ColorDepth) -> [Color] {
    switch depth {
    case .direct:
      [
        .rgb(16, 60, 120), .rgb(50, 106, 170), .rgb(104, 154, 204), .rgb(168, 200, 228),
        .rgb(240, 240, 240), .rgb(244, 190, 164), .rgb(222, 132, 104), .rgb(180, 68, 60),
        .rgb(120, 16, 40),
      ]
    case .palette256:
      [18, 25, 68, 110, 255, 216, 173, 131, 88].map { .indexed($0) }
    // Blue and red in two strengths each; the steps between repeat them.
    case .palette16: [4, 4, 12, 12, 15, 9, 9, 1, 1].map { .indexed($0) }
    case .palette8: [4, 4, 4, 6, 7, 3, 1, 1, 1].map { .indexed($0) }
    case .mono: []
    }
  }

  /// Ink where there are no colours: curves for less, crosses for more.
  static let glyphs = ["%", "=", "~", "-", " ", ".", "+", "x", "#"]
}
