/// How many colours the output has.
public enum ColorDepth: String, Sendable, CaseIterable {
  /// 24 bits.
  case direct
  /// The 256-colour palette.
  case palette256
  /// Sixteen colours.
  case palette16
  /// Eight colours.
  case palette8
  /// None: bold, underline and reverse only.
  case mono
}

/// Which glyphs the output can show.
public enum Charset: String, Sendable, CaseIterable {
  /// Half blocks and lines: two values of a heat map per cell.
  case half
  /// ASCII only: one value per cell.
  case ascii
}

/// What the output can show: a canvas is drawn for it.
public struct Appearance: Sendable, Equatable {
  /// How many colours.
  public var depth: ColorDepth
  /// Which glyphs.
  public var charset: Charset

  /// Values of a heat map that one cell can hold, one above the other.
  public var valuesPerCell: Int { charset == .half && depth != .mono ? 2 : 1 }

  /// An output's abilities.
  public init(depth: ColorDepth, charset: Charset) {
    self.depth = depth
    self.charset = charset
  }
}

/// A colour of one depth.
public enum Color: Sendable, Hashable {
  /// Red, green and blue, 0 to 255 each.
  case rgb(UInt8, UInt8, UInt8)
  /// A number in the terminal's palette.
  case indexed(UInt8)
  /// Whatever the terminal uses for text or its background.
  case terminal
}

/// How a cell looks once theme and depth are known; the screen and the ANSI export both read it.
public struct Look: Sendable, Hashable {
  /// One character; empty in the right half of a wide one.
  public var glyph: String
  /// The colour of the character.
  public var foreground: Color
  /// The colour behind it.
  public var background: Color
  /// Bold.
  public var bold: Bool
  /// Underlined.
  public var underline: Bool
  /// Foreground and background exchanged.
  public var reverse: Bool
  /// Dim.
  public var dim: Bool

  /// A look; ordinary text in the terminal's own colours by default.
  public init(
    glyph: String, foreground: Color = .terminal, background: Color = .terminal,
    bold: Bool = false, underline: Bool = false, reverse: Bool = false, dim: Bool = false
  ) {
    self.glyph = glyph
    self.foreground = foreground
    self.background = background
    self.bold = bold
    self.underline = underline
    self.reverse = reverse
    self.dim = dim
  }
}
