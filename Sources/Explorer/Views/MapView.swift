import Models

/// One head's map: queries downwards, keys across, darker is less.
enum MapView: ExplorerView {
  /// `map`.
  static let name = "map"
  /// The tab's name.
  static let title = "Map"
  /// What it shows.
  static let help = "One head's map: queries down, keys"

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let subject = drawing.state.subject else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let layout = MapLayout(subject, drawing.state, in: region)
    let (levels, sampled) = layout.grid.draw(
      drawing, subject, head: drawing.state.head, on: &canvas)
    drawing.drawRowLabels(layout, subject, on: &canvas)
    drawing.drawColumnLabels(layout, subject, on: &canvas)
    drawRegion(drawing, layout, on: &canvas)
    drawCrosshair(drawing, layout, subject, levels, on: &canvas)
    let ends = levels.ends
    Legend(
      title: "weight", low: ends.0, high: ends.1,
      notes: notes(drawing, layout, sampled: sampled)
    ).draw(drawing, on: &canvas, in: layout.legend)
  }

  /// The corners of the region that was drawn by hand; weights stay to be seen.
  private static func drawRegion(
    _ drawing: Drawing, _ layout: MapLayout, on canvas: inout Canvas
  ) {
    guard drawing.state.anchor != nil else { return }
    let (region, grid) = (drawing.state.region, layout.grid)
    let glyphs = drawing.glyphs
    let corners = [
      (region.queries.lowerBound, region.keys.lowerBound, glyphs.topLeft),
      (region.queries.lowerBound, region.keys.upperBound - 1, glyphs.topRight),
      (region.queries.upperBound - 1, region.keys.lowerBound, glyphs.bottomLeft),
      (region.queries.upperBound - 1, region.keys.upperBound - 1, glyphs.bottomRight),
    ]
    for (index, (query, key, glyph)) in corners.enumerated()
    where grid.rows.contains(query) && grid.columns.contains(key) {
      let cells = grid.cells(query: query, key: key)
      guard cells.width > 0, cells.height > 0 else { continue }
      let x = index % 2 == 0 ? cells.x : cells.x + cells.width - 1
      let y = index < 2 ? cells.y : cells.y + cells.height - 1
      canvas[x, y] = Cell(glyph, role: .selected, shade: canvas[x, y].shade)
    }
  }

  /// A mark on the chosen weight that leaves its colour to be seen.
  private static func drawCrosshair(
    _ drawing: Drawing, _ layout: MapLayout, _ subject: Subject, _ levels: Levels,
    on canvas: inout Canvas
  ) {
    let state = drawing.state
    let cells = layout.grid.cells(query: state.query, key: state.key)
    guard cells.width > 0, cells.height > 0 else { return }
    let weight = drawing.weight(subject, query: state.query, key: state.key)
    let isSeen = state.key <= subject.lastKey(of: state.query)
    let shade: Shade = isSeen ? .level(levels.level(weight)) : .none
    let y = cells.middle
    if cells.width == 1 {
      canvas[cells.x, y] = Cell(drawing.glyphs.crosshair, role: .selected, shade: shade)
    } else {
      canvas[cells.x, y] = Cell("[", role: .selected, shade: shade)
      canvas[cells.x + cells.width - 1, y] = Cell("]", role: .selected, shade: shade)
    }
  }

  private static func notes(
    _ drawing: Drawing, _ layout: MapLayout, sampled: Int?
  ) -> [Legend.Note] {
    var parts = [Legend.Note(drawing.state.scale.rawValue)]
    let grid = layout.grid
    if let note = grid.note(drawing) {
      parts.append(.init(note))
      if let sampled { parts.append(.init("\(sampled) queries of each")) }
    }
    if drawing.state.zoom == .fit { parts.append(.init("fit", short: "")) }
    parts += drawing.lensNotes
    let patterns = drawing.state.subject?.patterns
    let (queries, keys) = (patterns?.queryCount ?? 0, patterns?.keyCount ?? 0)
    let dash = drawing.glyphs.dash
    if grid.rows.count < queries || grid.columns.count < keys {
      let rows = "\(grid.rows.lowerBound)\(dash)\(grid.rows.upperBound - 1)"
      let columns = "\(grid.columns.lowerBound)\(dash)\(grid.columns.upperBound - 1)"
      parts.append(.init("queries \(rows)", short: "q \(rows)"))
      parts.append(.init("keys \(columns)", short: "k \(columns)"))
    }
    return parts
  }

  static func status(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard let subject = state.subject else { return "" }
    let places =
      "\(state.head)  query \(drawing.exact(state.query, of: subject)) \(drawing.glyphs.to) "
      + "key \(drawing.exactKey(state.key, of: subject))  "
    guard state.key <= subject.lastKey(of: state.query) else { return places + "not visible" }
    return places + Double(drawing.weight(subject, query: state.query, key: state.key)).fixed(4)
  }

  /// The whole of what is seen in part.
  static func questions(_ state: ExplorerState) -> [Question] {
    guard let subject = state.subject else { return [] }
    let grid = MapLayout(subject, state, in: state.body).grid
    return [grid.question(state, state.head)].compactMap { $0 }
  }

  /// The head's whole map, `[query, key]`.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let subject = state.subject else { return nil }
    let (patterns, head) = (subject.patterns, state.head)
    let source = TensorSource(
      name: "attention", shape: [patterns.queryCount, patterns.keyCount], axes: ["query", "key"],
      tokens: subject.isCross ? [] : subject.tokens.map(\.piece)
    ) { body in try patterns.forEachTile(of: head, body) }
    return .tensor(source)
  }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? {
    guard let subject = state.subject else { return nil }
    let grid = MapLayout(subject, state, in: region).grid
    return grid.weight(atX: x, y: y).map { .point(query: $0.query, key: $0.key) }
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let subject = state.subject else { return }
    let grid = MapLayout(subject, state, in: region).grid
    let (page, wide) = (max(1, grid.rows.count / 2), max(1, grid.columns.count / 2))
    switch motion {
    case .up: state.query -= grid.pool
    case .down: state.query += grid.pool
    case .left: state.key -= grid.pool
    case .right: state.key += grid.pool
    case .pageUp: state.query -= page
    case .pageDown: state.query += page
    case .pageLeft: state.key -= wide
    case .pageRight: state.key += wide
    case .firstRow: state.query = 0
    case .lastRow: state.query = subject.patterns.queryCount - 1
    case .firstColumn: state.key = 0
    case .lastColumn: state.key = subject.lastKey(of: state.query)
    }
    state.clamp()
  }
}
