import Models

/// An image and where a query looks in it: the picture at the left, the same picture under the weights
/// at the right, the tokens that are no patches above and below.
enum ImageView: ExplorerView {
  /// `image`.
  static let name = "image"
  /// The tab's name.
  static let title = "Image"
  /// What it shows.
  static let help = "The picture, and where a patch looks"

  /// Why there is nothing to draw; nil when there is an image whose patches are keys.
  private static func obstacle(_ subject: Subject) -> String? {
    guard let grid = subject.keyPrompt?.grid, grid.tokens.upperBound <= subject.patterns.keyCount
    else { return "the keys here are no patches of an image" }
    return nil
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let subject = drawing.state.subject else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    guard let patches = subject.keyPrompt?.grid, obstacle(subject) == nil else {
      let what =
        subject.media.contains(.image)
        ? ":image FILE gives the model one" : ":open MODEL --image FILE opens one"
      let text = "\(obstacle(subject) ?? ""); \(what)"
      canvas.write(drawing.cut(text, region.width), x: region.x, y: region.y, in: region)
      return
    }
    let layout = ImageLayout(patches, subject, drawing.state, in: region)
    let weights = drawing.row(subject)
    let levels = drawing.state.scale.levels(of: weights)
    drawPicture(drawing, layout, subject, on: &canvas)
    drawWeights(drawing, layout, subject, weights, levels, on: &canvas)
    drawTokens(drawing, 0..<patches.first, subject, weights, levels, on: &canvas, in: layout.before)
    drawTokens(
      drawing, patches.tokens.upperBound..<subject.patterns.keyCount, subject, weights, levels,
      on: &canvas, in: layout.after)
    let share = patches.tokens.reduce(0) { $0 + Double(weights[$1]) }
    let ends = levels.ends
    Legend(
      title: "weight", low: ends.0, high: ends.1,
      notes: [.init("\(drawing.state.scale.rawValue), \(share.fixed(2)) on patches")]
        + drawing.lensNotes
    ).draw(drawing, on: &canvas, in: layout.legend)
  }

  /// The picture alone, the query's patch marked.
  private static func drawPicture(
    _ drawing: Drawing, _ layout: ImageLayout, _ subject: Subject, on canvas: inout Canvas
  ) {
    let (grid, title) = (layout.picture, layout.titles[0])
    guard title.width > 0 else { return }
    let query = drawing.state.query
    canvas.write(
      drawing.cut(
        "query \(drawing.exact(query, of: subject))" + file(drawing, subject), title.width),
      x: title.x,
      y: title.y, in: title, role: .title)
    fill(grid, layout.patches, on: &canvas) { dot(subject, layout.patches, $0, $1) }
    mark(drawing, grid, layout.patches, query, of: subject.queryPrompt?.grid, .selected, &canvas)
  }

  /// The picture under the weights, the strongest patch marked, and the query's where it stands alone.
  private static func drawWeights(
    _ drawing: Drawing, _ layout: ImageLayout, _ subject: Subject, _ weights: [Float],
    _ levels: Levels, on canvas: inout Canvas
  ) {
    let (grid, title, patches) = (layout.weights, layout.titles[1], layout.patches)
    canvas.write(
      drawing.cut("where \(drawing.state.head) looks", title.width), x: title.x, y: title.y,
      in: title, role: .title)
    let last = subject.lastKey(of: drawing.state.query)
    fill(grid, patches, on: &canvas) { rows, columns in
      var dot = dot(subject, patches, rows, columns)
      var largest = Float.nan
      let first = (Int(rows.lowerBound), Int(columns.lowerBound))
      // Part of one patch, or several patches: the largest weight then.
      for row in first.0..<max(first.0 + 1, Int(rows.upperBound)) {
        for column in first.1..<max(first.1 + 1, Int(columns.upperBound)) {
          let key = patches.first + row * patches.columns + column
          if key <= last, !(largest >= weights[key]) { largest = weights[key] }
        }
      }
      dot.level = levels.level(largest)
      return dot
    }
    if let best = strongest(weights, patches.tokens) {
      mark(drawing, grid, patches, best, of: patches, .strongest, &canvas)
    }
    if layout.titles[0].width == 0 {
      mark(
        drawing, grid, patches, drawing.state.query, of: subject.queryPrompt?.grid, .selected,
        &canvas)
    }
  }

  /// ` in cat.png`: which picture it is; nothing for the model's own.
  private static func file(_ drawing: Drawing, _ subject: Subject) -> String {
    guard let path = subject.origin?.medium?.value, let name = path.split(separator: "/").last
    else { return "" }
    return " in \(drawing.clean(String(name)))"
  }

  /// The key with the largest weight above zero.
  private static func strongest(_ weights: [Float], _ keys: Range<Int>) -> Int? {
    keys.filter { weights[$0] > 0 }.max { weights[$0] < weights[$1] }
  }

  /// Rows or columns of patches, a part of one allowed.
  private typealias Part = ClosedRange<Double>

  /// Fills a picture, two dots to a cell.
  ///
  /// - Parameter dot: Makes the dot that covers some rows and columns of patches.
  private static func fill(
    _ grid: HeatGrid, _ patches: PatchGrid, on canvas: inout Canvas,
    _ dot: (_ rows: Part, _ columns: Part) -> Dot
  ) {
    /// What a value covers, counted from the first one that is seen; nil behind the last patch.
    func part(_ value: Int, _ start: Int, _ pitch: Int, _ count: Int) -> Part? {
      let step = Double(grid.pool) / Double(pitch)
      let first = Double(start) + Double(value) * step
      return first < Double(count) ? first...min(Double(count), first + step) : nil
    }
    let values = grid.valuesPerCell
    for y in 0..<grid.plot.height {
      let rows = (0..<values).map {
        part(y * values + $0, grid.rows.lowerBound, grid.down, patches.rows)
      }
      guard let top = rows[0] else { continue }
      for x in 0..<grid.plot.width {
        guard let columns = part(x, grid.columns.lowerBound, grid.across, patches.columns)
        else { continue }
        let upper = dot(top, columns)
        let lower = values > 1 ? rows[1].map { dot($0, columns) } ?? upper : upper
        canvas[grid.plot.x + x, grid.plot.y + y] = Cell(shade: .dots(upper: upper, lower: lower))
      }
    }
  }

  /// A dot of the picture; black where the picture is not known.
  private static func dot(
    _ subject: Subject, _ patches: PatchGrid, _ rows: Part, _ columns: Part
  ) -> Dot {
    guard let picture = subject.picture else { return Dot(red: 0, green: 0, blue: 0) }
    func share(_ part: Part, _ count: Int) -> Part {
      part.lowerBound / Double(count)...part.upperBound / Double(count)
    }
    return picture.dot(
      rows: share(rows, patches.rows), columns: share(columns, patches.columns))
  }

  /// Brackets round a patch, or a cross where it is one cell.
  private static func mark(
    _ drawing: Drawing, _ grid: HeatGrid, _ patches: PatchGrid, _ token: Int, of own: PatchGrid?,
    _ role: Role, _ canvas: inout Canvas
  ) {
    guard let own, own.tokens.contains(token) else { return }
    let (row, column) = (token - own.first).quotientAndRemainder(dividingBy: own.columns)
    guard grid.rows.contains(row), grid.columns.contains(column) else { return }
    let cells = grid.cells(query: row, key: column)
    guard cells.width > 0, cells.height > 0 else { return }
    func put(_ glyph: String, _ x: Int) {
      canvas[x, cells.middle] = Cell(glyph, role: role, shade: canvas[x, cells.middle].shade)
    }
    if cells.width == 1 { return put(role == .selected ? drawing.glyphs.crosshair : "*", cells.x) }
    put(role == .selected ? "[" : "(", cells.x)
    put(role == .selected ? "]" : ")", cells.x + cells.width - 1)
  }

  /// Tokens that are no patches, each with its weight, around the query where it is one of them.
  private static func drawTokens(
    _ drawing: Drawing, _ tokens: Range<Int>, _ subject: Subject, _ weights: [Float],
    _ levels: Levels, on canvas: inout Canvas, in region: Region
  ) {
    guard region.height > 0, !tokens.isEmpty else { return }
    let query = drawing.state.query
    let last = subject.lastKey(of: query)
    let texts = tokens.map { token -> String in
      let name = drawing.cut(drawing.shownKey(token, of: subject), 12)
      return " \(name)" + (token <= last ? " \(Double(weights[token]).fixed(2))" : "") + " "
    }
    // From the left edge as long as the query is seen; the tokens next to the image for another query.
    var first = tokens.lowerBound
    let focus = tokens.contains(query) ? query : query < tokens.lowerBound ? first : last
    func width(_ range: ClosedRange<Int>) -> Int {
      range.reduce(0) { $0 + ColumnWidth.of(texts[$1 - tokens.lowerBound]) }
    }
    let shown = focus.clamped(to: tokens.lowerBound...tokens.upperBound - 1)
    while first < shown, width(first...shown) > region.width { first += 1 }
    var x = region.x
    for token in first..<tokens.upperBound where x < region.x + region.width {
      let isSeen = token <= last
      x = canvas.write(
        texts[token - tokens.lowerBound], x: x, y: region.y, in: region,
        role: token == query ? .cursor : isSeen ? .plain : .dimmed,
        shade: isSeen ? .level(levels.level(weights[token])) : .none)
    }
  }

  static func spoken(_ drawing: Drawing) -> String {
    drawing.state.subject.flatMap(obstacle) ?? status(drawing)
  }

  static func status(_ drawing: Drawing) -> String {
    guard let subject = drawing.state.subject, obstacle(subject) == nil else { return "" }
    let weights = drawing.row(subject)
    let start = "\(drawing.state.head)  query \(drawing.exact(drawing.state.query, of: subject))"
    guard let key = strongest(weights, weights.indices) else { return start + "  no weight" }
    return start + " \(drawing.glyphs.to) strongest key \(drawing.exactKey(key, of: subject))  "
      + Double(weights[key]).fixed(4)
  }

  /// Every key, its place among the patches, and how much of the query's attention goes to it.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let subject = state.subject, let grid = subject.keyPrompt?.grid, obstacle(subject) == nil
    else { return nil }
    let keys = Array(0..<subject.patterns.keyCount)
    let weights = subject.patterns.pattern(
      state.head, rows: state.query..<state.query + 1, columns: 0..<keys.count
    ).elements
    func place(_ key: Int) -> (row: Int, column: Int) {
      guard grid.tokens.contains(key) else { return (-1, -1) }
      let (row, column) = (key - grid.first).quotientAndRemainder(dividingBy: grid.columns)
      return (row, column)
    }
    var table = DataTable(name)
    table.add("key", .integers(keys))
    table.add("piece", .texts(keys.map { subject.keyTokens[$0].piece }))
    table.add("row", .integers(keys.map { place($0).row }))
    table.add("column", .integers(keys.map { place($0).column }))
    table.add("weight", .numbers(weights.map(Double.init)))
    return .table(table)
  }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? {
    guard let subject = state.subject, let patches = subject.keyPrompt?.grid,
      let patch = ImageLayout(patches, subject, state, in: region).patch(atX: x, y: y),
      subject.queryPrompt?.grid == patches
    else { return nil }
    return .query(patch)
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let subject = state.subject, obstacle(subject) == nil else { return }
    guard let grid = subject.queryPrompt?.grid else { return step(motion, &state) }
    let query = state.query
    guard grid.tokens.contains(query) else {
      switch motion {
      case .down where query < grid.first, .pageDown where query < grid.first:
        state.query = grid.first + grid.columns / 2
      case .up where query > grid.first, .pageUp where query > grid.first:
        state.query = grid.tokens.upperBound - 1 - grid.columns / 2
      default: step(motion, &state)
      }
      return state.clamp()
    }
    let (row, column) = (query - grid.first).quotientAndRemainder(dividingBy: grid.columns)
    let page = max(1, grid.rows / 4)
    func go(_ row: Int, _ column: Int) {
      state.query =
        grid.first + row.clamped(to: 0...grid.rows - 1) * grid.columns
        + column.clamped(to: 0...grid.columns - 1)
    }
    switch motion {
    case .up where row == 0: state.query = grid.first - 1
    case .down where row == grid.rows - 1: state.query = grid.tokens.upperBound
    case .up: go(row - 1, column)
    case .down: go(row + 1, column)
    case .left: go(row, column - 1)
    case .right: go(row, column + 1)
    case .pageUp: go(row - page, column)
    case .pageDown: go(row + page, column)
    case .pageLeft: go(row, column - page)
    case .pageRight: go(row, column + page)
    case .firstRow: go(0, column)
    case .lastRow: go(grid.rows - 1, column)
    case .firstColumn: go(row, 0)
    case .lastColumn: go(row, grid.columns - 1)
    }
    // Above and below the patches may be nothing: then the query stays.
    if !(0..<subject.patterns.queryCount).contains(state.query) { state.query = query }
  }

  /// Among tokens that are no patches.
  private static func step(_ motion: Motion, _ state: inout ExplorerState) {
    switch motion {
    case .left, .up: state.query -= 1
    case .right, .down: state.query += 1
    case .firstColumn, .firstRow: state.query = 0
    case .lastColumn, .lastRow: state.query = (state.subject?.patterns.queryCount ?? 1) - 1
    case .pageUp, .pageLeft: state.query -= 8
    case .pageDown, .pageRight: state.query += 8
    }
    state.clamp()
  }
}
