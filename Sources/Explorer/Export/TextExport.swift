/// Glyphs only: for issues, mail, diffs and screen readers.
public enum TextExport: CanvasExport {
  /// `text`.
  public static let name = "text"
  /// The usual ending.
  public static let fileExtension = "txt"

  /// No colours.
  public static func appearance(for output: Appearance) -> Appearance {
    Appearance(depth: .mono, charset: output.charset)
  }

  /// Lines of glyphs without trailing blanks.
  public static func export(_ canvas: Canvas, appearance: Appearance, ramp: Ramp) -> String {
    let looks = Looks(
      appearance: Appearance(depth: .mono, charset: appearance.charset), ramp: ramp)
    var lines: [String] = []
    for y in 0..<canvas.height {
      var line = String.UnicodeScalarView()
      for x in 0..<canvas.width {
        line.append(contentsOf: looks.look(canvas[x, y]).glyph.unicodeScalars)
      }
      while line.last == " " { line.removeLast() }
      lines.append(String(line))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
