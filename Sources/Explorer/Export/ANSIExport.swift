/// Colours as SGR sequences, for `less -R` and `cat`: no cursor motion, reset at the end of every line.
public enum ANSIExport: CanvasExport {
  /// `ansi`.
  public static let name = "ansi"
  /// The usual ending.
  public static let fileExtension = "ans"

  /// Lines of glyphs and SGR sequences.
  public static func export(_ canvas: Canvas, appearance: Appearance, ramp: Ramp) -> String {
    let looks = Looks(appearance: appearance, ramp: ramp)
    var result = ""
    for y in 0..<canvas.height {
      var row = (0..<canvas.width).map { looks.look(canvas[$0, y]) }
      while let last = row.last, last.isBlank { row.removeLast() }
      var current = plain
      for look in row {
        let wanted = codes(look)
        if wanted != current { result += "\u{1B}[\(wanted)m" }
        current = wanted
        result += look.glyph
      }
      if current != plain { result += "\u{1B}[\(plain)m" }
      result += "\n"
    }
    return result
  }

  private static let plain = "0"

  /// Everything in one sequence that starts from a reset: no state leaks from cell to cell.
  private static func codes(_ look: Look) -> String {
    var codes = [plain]
    if look.bold { codes.append("1") }
    if look.dim { codes.append("2") }
    if look.underline { codes.append("4") }
    if look.reverse { codes.append("7") }
    codes += color(look.foreground, base: 30) + color(look.background, base: 40)
    return codes.joined(separator: ";")
  }

  private static func color(_ color: Color, base: Int) -> [String] {
    switch color {
    case .terminal: []
    case .rgb(let red, let green, let blue): ["\(base + 8)", "2", "\(red)", "\(green)", "\(blue)"]
    case .indexed(let number) where number < 8: ["\(base + Int(number))"]
    case .indexed(let number) where number < 16: ["\(base + 60 + Int(number) - 8)"]
    case .indexed(let number): ["\(base + 8)", "5", "\(number)"]
    }
  }
}

extension Look {
  /// Whether it leaves nothing to be seen.
  fileprivate var isBlank: Bool {
    glyph == " " && background == .terminal && !reverse && !underline
  }
}
