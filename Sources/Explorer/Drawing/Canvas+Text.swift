extension Canvas {
  /// The whole canvas.
  var region: Region { Region(x: 0, y: 0, width: width, height: height) }

  /// Writes a text on one row, clipped to a region; a wide character that does not fit becomes a blank.
  ///
  /// - Returns: The column after the text, also where that lies outside the region.
  @discardableResult
  mutating func write(
    _ text: String, x: Int, y: Int, in region: Region, role: Role = .plain, shade: Shade = .none
  ) -> Int {
    var x = x
    for scalar in text.unicodeScalars {
      let width = ColumnWidth.of(scalar)
      guard width > 0 else { continue }
      if region.contains(x, y) {
        let fits = width == 1 || region.contains(x + 1, y)
        put(Cell(fits ? String(scalar) : " ", role: role, shade: shade), x: x, y: y)
        if width == 2, fits {
          put(Cell("", role: role, shade: shade), x: x + 1, y: y, keeping: true)
        }
      } else if width == 2, region.contains(x + 1, y) {
        put(Cell(" ", role: role, shade: shade), x: x + 1, y: y)
      }
      x += width
    }
    return x
  }

  /// Writes a text that ends at the right edge of a region.
  mutating func writeRight(_ text: String, y: Int, in region: Region, role: Role = .plain) {
    write(text, x: region.x + region.width - ColumnWidth.of(text), y: y, in: region, role: role)
  }

  /// Fills a region with one cell.
  mutating func fill(_ region: Region, _ cell: Cell) {
    for y in region.rows {
      for x in region.columns { put(cell, x: x, y: y) }
    }
  }

  /// Sets a cell; half of a wide character that would be left over becomes a blank.
  mutating func put(_ cell: Cell, x: Int, y: Int, keeping: Bool = false) {
    if !keeping, x > 0, self[x, y].glyph.isEmpty { self[x - 1, y].glyph = " " }
    if x + 1 < width, self[x + 1, y].glyph.isEmpty { self[x + 1, y].glyph = " " }
    self[x, y] = cell
  }
}
