/// One page that needs nothing beside it, and runs nothing.
///
/// The header as a table, the picture as SVG, and the same picture as text for searching, copying and
/// screen readers.
public enum HTMLExport: CanvasExport {
  /// `html`.
  public static let name = "html"
  /// The usual ending.
  public static let fileExtension = "html"

  /// 24-bit colours.
  public static func appearance(for output: Appearance) -> Appearance {
    SVGExport.appearance(for: output)
  }

  /// The picture alone, as an element.
  public static func export(_ canvas: Canvas, appearance: Appearance, ramp: Ramp) -> String {
    SVGExport.export(canvas, appearance: appearance, ramp: ramp)
  }

  /// A whole page.
  public static func document(
    _ canvas: Canvas, header: SnapshotHeader, appearance: Appearance, ramp: Ramp
  ) -> String {
    let facts = header.lines.map { line in
      "<tr><th scope=\"row\">\(Markup.escaped(line.label))</th>"
        + "<td>\(Markup.escaped(line.text))</td></tr>\n"
    }.joined()
    let title = Markup.escaped(header.title)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <title>\(title)</title>
      <style>
      body { margin: 1.5rem; color: \(WebLook.ink); background: \(WebLook.paper); font-family: sans-serif }
      h1 { font-size: 1.1rem }
      table { border-collapse: collapse; font-size: 0.85rem }
      th { text-align: left; vertical-align: top; padding-right: 1rem; font-weight: normal; opacity: 0.7 }
      td { font-family: monospace; overflow-wrap: anywhere }
      svg { max-width: 100%; height: auto; margin-top: 1rem }
      </style>
      </head>
      <body>
      <h1>\(title)</h1>
      <table>
      \(facts)</table>
      \(export(canvas, appearance: appearance, ramp: ramp))
      <details><summary>As text</summary>
      <pre>
      \(Markup.escaped(TextExport.export(canvas, appearance: appearance, ramp: ramp)))</pre>
      </details>
      </body>
      </html>

      """
  }
}
