/// Scalable pictures for papers and pages: rectangles for colours, text for text, no fonts inside.
///
/// Equal neighbours are one rectangle, and so are equal halves of a row: a heat map of half blocks stays
/// small. Characters are spread over exactly their columns, whatever font the reader has.
public enum SVGExport: CanvasExport {
  /// `svg`.
  public static let name = "svg"
  /// The usual ending.
  public static let fileExtension = "svg"

  /// 24-bit colours.
  public static func appearance(for output: Appearance) -> Appearance {
    Appearance(depth: .direct, charset: output.charset)
  }

  /// A document with the header as its title and description, and above the picture.
  public static func document(
    _ canvas: Canvas, header: SnapshotHeader, appearance: Appearance, ramp: Ramp
  ) -> String {
    let lines = [header.title] + header.lines.map { "\($0.label): \($0.text)" }
    let columns = max(canvas.width, 20)
    let heading = lines.enumerated().map { row, line in
      let text = TokenText.cut(line, columns: columns, charset: appearance.charset)
      return """
        <text x="0" y="\(row * cell.height + baseline)" fill="\(WebLook.ink)">\(Markup.escaped(text))</text>

        """
    }.joined()
    let top = (lines.count + 1) * cell.height
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      \(opening(width: columns * cell.width, height: top + canvas.height * cell.height))
      <title>\(Markup.escaped(header.title))</title>
      <desc>\(Markup.escaped(header.text))</desc>
      <rect width="100%" height="100%" fill="\(WebLook.paper)"/>
      \(heading)<g transform="translate(0 \(top))">
      \(shapes(canvas, appearance: appearance, ramp: ramp))</g>
      </svg>

      """
  }

  /// The picture alone, as an element for a page.
  public static func export(_ canvas: Canvas, appearance: Appearance, ramp: Ramp) -> String {
    """
    \(opening(width: canvas.width * cell.width, height: canvas.height * cell.height))
    <rect width="100%" height="100%" fill="\(WebLook.paper)"/>
    \(shapes(canvas, appearance: appearance, ramp: ramp))</svg>
    """
  }

  private static let cell = (width: 8, height: 16)
  private static let baseline = 12

  private static func opening(width: Int, height: Int) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
    viewBox="0 0 \(width) \(height)" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" \
    font-size="13" shape-rendering="crispEdges" xml:space="preserve" role="img">
    """
  }

  private static func shapes(_ canvas: Canvas, appearance: Appearance, ramp: Ramp) -> String {
    let looks = Looks(appearance: appearance, ramp: ramp)
    return (0..<canvas.height).map { y in
      let row = (0..<canvas.width).map { WebLook(looks.look(canvas[$0, y])) }
      return rectangles(row, y: y) + text(row, canvas, y: y)
    }.joined()
  }

  private static func rectangles(_ row: [WebLook], y: Int) -> String {
    var result = ""
    var start = 0
    for x in 1...max(1, row.count) where x >= row.count || !sameGround(row[x], row[start]) {
      guard start < row.count else { break }
      let (upper, lower) = (row[start].upper, row[start].lower)
      let half = cell.height / 2
      if upper == lower {
        result += rectangle(start..<x, y * cell.height, cell.height, upper)
      } else {
        result += rectangle(start..<x, y * cell.height, half, upper)
        result += rectangle(start..<x, y * cell.height + half, half, lower)
      }
      start = x
    }
    return result
  }

  private static func sameGround(_ a: WebLook, _ b: WebLook) -> Bool {
    a.upper == b.upper && a.lower == b.lower
  }

  private static func rectangle(
    _ columns: Range<Int>, _ y: Int, _ height: Int, _ color: String?
  ) -> String {
    guard let color else { return "" }
    return """
      <rect x="\(columns.lowerBound * cell.width)" y="\(y)" width="\(columns.count * cell.width)" \
      height="\(height)" fill="\(color)"/>

      """
  }

  /// Pieces of text: neighbours of one style, a wide character alone.
  private static func text(_ row: [WebLook], _ canvas: Canvas, y: Int) -> String {
    var result = ""
    var x = 0
    while x < row.count {
      guard let first = row[x].glyph else {
        x += 1
        continue
      }
      let isWide = x + 1 < row.count && canvas[x + 1, y].glyph.isEmpty
      var end = x + (isWide ? 2 : 1)
      var text = first
      while !isWide, end < row.count, let next = row[end].glyph, row[end].style == row[x].style,
        !(end + 1 < row.count && canvas[end + 1, y].glyph.isEmpty)
      {
        text += next
        end += 1
      }
      result += piece(text, x..<end, y: y, row[x].style)
      x = end
    }
    return result
  }

  private static func piece(
    _ text: String, _ columns: Range<Int>, y: Int, _ style: WebLook.Style
  ) -> String {
    let width = columns.count * cell.width
    var marks = style.bold ? " font-weight=\"bold\"" : ""
    if style.underline { marks += " text-decoration=\"underline\"" }
    if style.dim { marks += " opacity=\"0.65\"" }
    return """
      <text x="\(columns.lowerBound * cell.width)" y="\(y * cell.height + baseline)" \
      textLength="\(width)" lengthAdjust="spacingAndGlyphs" fill="\(style.color)"\(marks)>\
      \(Markup.escaped(text))</text>

      """
  }
}
