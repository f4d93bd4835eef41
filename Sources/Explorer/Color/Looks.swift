/// Turns what cells mean into how they look, for one output; the screen and the ANSI export both use it.
///
/// Chrome is drawn in the terminal's own two colours with bold, dim and reverse, so it reads on light
/// and dark backgrounds; a heat map owns both colours of its cells.
public struct Looks: Sendable {
  private let appearance: Appearance
  private let colors: [Color]
  private let contrasts: [Color]
  private let diverging: [Color]
  /// What is written over light and over dark colours.
  private let dark, light: Color

  /// The looks for an output and a colour ramp.
  public init(appearance: Appearance, ramp: Ramp) {
    self.appearance = appearance
    colors = ramp.colors(appearance.depth)
    diverging = Diverging.colors(appearance.depth)
    (dark, light) =
      switch appearance.depth {
      case .direct: (.rgb(8, 8, 8), .rgb(255, 255, 255))
      case .palette256: (.indexed(16), .indexed(231))
      case .palette16: (.indexed(0), .indexed(15))
      case .palette8, .mono: (.indexed(0), .indexed(7))
      }
    let (dark, light) = (dark, light)
    contrasts = colors.map { ($0.lightness ?? 0) < 55 ? light : dark }
  }

  /// How one cell looks.
  public func look(_ cell: Cell) -> Look {
    switch cell.shade {
    case .none: chrome(cell)
    case .level(let level): colors.isEmpty ? inked(cell, level) : colored(cell, level)
    case .signed(let value): signed(cell, value)
    case .halves(let upper, let lower): halves(cell, upper, lower)
    case .dots(let upper, let lower): dots(cell, upper, lower)
    }
  }

  private func chrome(_ cell: Cell) -> Look {
    var look = Look(glyph: cell.glyph)
    switch cell.role {
    case .plain, .label, .status: break
    case .title, .strongest, .key: look.bold = true
    case .dimmed: look.dim = true
    case .selected, .warning: (look.bold, look.reverse) = (true, cell.role == .selected)
    case .cursor, .error: look.reverse = true
    }
    return look
  }

  /// A value as a background, or an undefined one as a dot.
  private func colored(_ cell: Cell, _ level: Float) -> Look {
    guard let step = Ramp.step(level, of: colors.count) else { return undefined(cell) }
    var look = Look(glyph: cell.glyph, foreground: contrasts[step], background: colors[step])
    // Few colours, one value per cell: ink tells apart what the colours cannot.
    let few = appearance.depth == .palette16 || appearance.depth == .palette8
    if cell.glyph == " ", few, appearance.charset == .ascii { look.glyph = ink(level) }
    mark(&look, cell.role)
    return look
  }

  /// A value without colours: as ink where the cell is blank, else as weight of the text.
  private func inked(_ cell: Cell, _ level: Float) -> Look {
    guard !level.isNaN else { return undefined(cell) }
    guard cell.glyph != " " else {
      var look = Look(glyph: ink(level))
      mark(&look, cell.role)
      return look
    }
    var look = Look(glyph: cell.glyph)
    look.reverse = level >= 2 / 3
    look.bold = level >= 1 / 3
    mark(&look, cell.role)
    return look
  }

  /// A signed value as a background, or as ink whose shape tells the sign.
  private func signed(_ cell: Cell, _ value: Float) -> Look {
    guard let step = Ramp.step((value + 1) / 2, of: Diverging.steps) else { return undefined(cell) }
    guard !diverging.isEmpty else {
      var look = Look(glyph: cell.glyph == " " ? Diverging.glyphs[step] : cell.glyph)
      mark(&look, cell.role)
      return look
    }
    let color = diverging[step]
    let isDark = (color.lightness ?? 0) < 55
    var look = Look(
      glyph: cell.glyph, foreground: isDark ? light : dark, background: color)
    if cell.glyph == " ", appearance.charset == .ascii { look.glyph = Diverging.glyphs[step] }
    mark(&look, cell.role)
    return look
  }

  /// Two values as a half block.
  ///
  /// Equal halves are a blank, unequal ones take the block whose
  /// foreground comes first in the ramp: fewer colour pairs, and lines that a terminal can scroll.
  private func halves(_ cell: Cell, _ upper: Float, _ lower: Float) -> Look {
    guard !colors.isEmpty, appearance.charset == .half else {
      let level = upper.isNaN ? lower : lower.isNaN ? upper : max(upper, lower)
      return look(Cell(cell.glyph, role: cell.role, shade: .level(level)))
    }
    let top = Ramp.step(upper, of: colors.count)
    let bottom = Ramp.step(lower, of: colors.count)
    switch (top, bottom) {
    case (nil, nil): return Look(glyph: " ")
    case (let top?, nil): return Look(glyph: "▀", foreground: colors[top])
    case (nil, let bottom?): return Look(glyph: "▄", foreground: colors[bottom])
    case (let top?, let bottom?):
      if top == bottom {
        return Look(glyph: " ", foreground: contrasts[top], background: colors[top])
      }
      return top < bottom
        ? Look(glyph: "▀", foreground: colors[top], background: colors[bottom])
        : Look(glyph: "▄", foreground: colors[bottom], background: colors[top])
    }
  }

  /// Two dots of a picture.
  ///
  /// With 256 colours or more the ramp's colour lies over the picture's, so that both are seen. With fewer
  /// only one can be: the values where there are some, else the picture as ink.
  private func dots(_ cell: Cell, _ upper: Dot, _ lower: Dot) -> Look {
    guard appearance.depth == .direct || appearance.depth == .palette256 else {
      if let top = upper.level, let bottom = lower.level {
        return halves(cell, top, bottom)
      }
      return inked(cell, (upper.brightness + lower.brightness) / 2)
    }
    let (top, bottom) = (color(upper), color(lower))
    var look = Look(glyph: cell.glyph, foreground: top, background: bottom)
    if cell.glyph != " " {
      look.foreground = ((bottom.lightness ?? 0) + (top.lightness ?? 0)) / 2 < 55 ? light : dark
      look.bold = true
    } else if top != bottom, appearance.charset == .half {
      look.glyph = "▀"
    } else {
      look.background = top
    }
    return look
  }

  /// Seven parts of the ramp to three of the picture.
  private func color(_ dot: Dot) -> Color {
    var parts = (Double(dot.red), Double(dot.green), Double(dot.blue))
    if let level = dot.level {
      let over = Ramp.step(level, of: colors.count).flatMap { colors[$0].components } ?? (0, 0, 0)
      parts = (
        0.7 * Double(over.0) + 0.3 * parts.0, 0.7 * Double(over.1) + 0.3 * parts.1,
        0.7 * Double(over.2) + 0.3 * parts.2
      )
    }
    return Color.nearest(
      UInt8(parts.0), UInt8(parts.1), UInt8(parts.2), depth: appearance.depth)
  }

  private func mark(_ look: inout Look, _ role: Role) {
    switch role {
    // Underlined as well: over a bright value the reverse is as dark as a weak one.
    case .cursor: (look.bold, look.reverse, look.underline) = (true, true, true)
    case .selected: (look.bold, look.reverse) = (true, colors.isEmpty || look.reverse)
    case .strongest: (look.bold, look.underline) = (true, true)
    default: break
    }
  }

  private func undefined(_ cell: Cell) -> Look {
    guard cell.glyph == " " else { return chrome(cell) }
    return Look(glyph: appearance.charset == .half ? "·" : "-", dim: true)
  }

  private func ink(_ level: Float) -> String {
    Ramp.glyphs[Ramp.step(level, of: Ramp.glyphs.count) ?? 0]
  }
}
