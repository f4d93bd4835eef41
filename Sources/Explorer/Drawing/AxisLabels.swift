import Models

extension Drawing {
  /// Queries at the left of a map: number and token of each row that has room.
  func drawRowLabels(_ layout: MapLayout, _ subject: Subject, on canvas: inout Canvas) {
    let grid = layout.grid
    let chosen = grid.cells(query: state.query, key: state.key)
    for y in 0..<grid.plot.height {
      let row = grid.plot.y + y
      let isChosen = row == chosen.middle
      let value = y * grid.valuesPerCell / grid.down * grid.pool
      let query = isChosen ? state.query : grid.rows.lowerBound + value
      guard grid.rows.contains(query) else { continue }
      // Once per query: beside the middle of its cells.
      guard grid.cells(query: query, key: state.key).middle == row else { continue }
      drawRowLabel(query, isChosen, y: row, in: layout.rowLabels, subject, &canvas)
    }
    drawSpans(
      subject.querySpans, along: grid.plot.height, fill: glyphs.rule,
      position: { grid.rows.lowerBound + $0 * grid.valuesPerCell / grid.down * grid.pool },
      cell: { (grid.plot.x - 1, grid.plot.y + $0) }, on: &canvas)
    canvas.write(
      glyphs.pointRight, x: grid.plot.x - 1, y: chosen.middle, in: canvas.region, role: .strongest)
  }

  private func drawRowLabel(
    _ query: Int, _ isChosen: Bool, y: Int, in region: Region, _ subject: Subject,
    _ canvas: inout Canvas
  ) {
    guard region.width > 1 else { return }
    let number = "\(query) "
    let role: Role = isChosen ? .selected : .label
    canvas.write(number, x: region.x, y: y, in: region, role: isChosen ? .strongest : .dimmed)
    let (inner, _) = region.left(region.width - 1)
    let room = max(0, inner.width - number.count)
    canvas.writeRight(cut(shown(query, of: subject), room), y: y, in: inner, role: role)
  }

  /// Keys above a map: tokens written downwards, or numbers where a column has no room for a token.
  func drawColumnLabels(_ layout: MapLayout, _ subject: Subject, on canvas: inout Canvas) {
    let grid = layout.grid
    let region = layout.columnLabels
    guard region.height > 0 else { return }
    let chosen = grid.cells(query: state.query, key: state.key)
    if region.height > 1 {
      let isWide = grid.columns.contains { key in
        shownKey(key, of: subject).unicodeScalars.contains { ColumnWidth.of($0) == 2 }
      }
      // A wide character next to a label would cover it: label every other column then.
      let step = isWide && grid.across == 1 ? 2 : 1
      for key in grid.columns where key % step == 0 {
        drawColumnLabel(key, .label, layout, subject, on: &canvas)
      }
      drawColumnLabel(state.key, .selected, layout, subject, on: &canvas)
    } else {
      drawNumbers(layout, on: &canvas)
    }
    drawSpans(
      subject.keySpans, along: grid.plot.width, fill: glyphs.line,
      position: { grid.columns.lowerBound + $0 / grid.across * grid.pool },
      cell: { (grid.plot.x + $0, grid.plot.y - 1) }, on: &canvas)
    canvas.write(
      glyphs.pointDown, x: chosen.x + (chosen.width - 1) / 2, y: grid.plot.y - 1,
      in: canvas.region, role: .strongest)
  }

  private func drawColumnLabel(
    _ key: Int, _ role: Role, _ layout: MapLayout, _ subject: Subject, on canvas: inout Canvas
  ) {
    let region = layout.columnLabels
    let cells = layout.grid.cells(query: state.query, key: key)
    var scalars = Array(shownKey(key, of: subject).unicodeScalars)
    // Rows are dear here, and most words begin with a space.
    if scalars.count > 1, scalars[0] == "\u{2423}" || scalars[0] == "_" { scalars.removeFirst() }
    if scalars.count > region.height {
      scalars = Array(scalars.prefix(region.height - 1))
      scalars.append(appearance.charset == .half ? "…" : "~")
    }
    let top = region.y + region.height - scalars.count
    let x = cells.x + max(0, (cells.width - 1) / 2)
    for (row, scalar) in scalars.enumerated() {
      canvas.write(String(scalar), x: x, y: top + row, in: region, role: role)
    }
  }

  private func drawNumbers(_ layout: MapLayout, on canvas: inout Canvas) {
    let grid = layout.grid
    let region = layout.columnLabels
    var free = region.x
    for x in stride(from: 0, to: grid.plot.width, by: grid.across) {
      let key = grid.columns.lowerBound + x / grid.across * grid.pool
      guard grid.columns.contains(key), region.x + x >= free else { continue }
      let end = canvas.write("\(key)", x: region.x + x, y: region.y, in: region, role: .dimmed)
      free = max(end + 1, region.x + x + 8)
    }
  }

  /// Named parts of the prompt between a map and its labels: the name, then a line to the part's end.
  ///
  /// - Parameters:
  ///   - position: The token at a place along the map.
  ///   - cell: The cell beside it.
  private func drawSpans(
    _ spans: [PromptSpan], along count: Int, fill: String, position: (Int) -> Int,
    cell: (Int) -> (x: Int, y: Int), on canvas: inout Canvas
  ) {
    guard !state.lens.hasWords else { return }
    for span in spans {
      var name = Array(clean(span.name).unicodeScalars.filter { ColumnWidth.of($0) == 1 })
      for place in 0..<count where span.tokens.contains(position(place)) {
        let (x, y) = cell(place)
        canvas.write(
          name.isEmpty ? fill : String(name.removeFirst()), x: x, y: y, in: canvas.region,
          role: .dimmed)
      }
    }
  }
}
