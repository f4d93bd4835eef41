/// The prompt as running text, shaded by what the chosen query attends to.
enum TokensView: ExplorerView {
  /// `tokens`.
  static let name = "tokens"
  /// The tab's name.
  static let title = "Tokens"
  /// What it shows.
  static let help = "The prompt, shaded by one query"

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let subject = drawing.state.subject else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let layout = TokensLayout(subject, drawing.state, in: region)
    let weights = drawing.row(subject)
    drawText(drawing, layout, subject, weights, on: &canvas)
    drawStrongest(drawing, layout, subject, weights, on: &canvas)
    let ends = drawing.state.scale.levels(of: weights).ends
    Legend(
      title: "weight", low: ends.0, high: ends.1,
      notes: [
        .init(drawing.state.scale.rawValue), .init("of query \(drawing.state.query)", short: ""),
      ] + drawing.lensNotes
    ).draw(drawing, on: &canvas, in: layout.legend)
  }

  private static func drawText(
    _ drawing: Drawing, _ layout: TokensLayout, _ subject: Subject, _ weights: [Float],
    on canvas: inout Canvas
  ) {
    let state = drawing.state
    let last = subject.lastKey(of: state.query)
    let levels = state.scale.levels(of: weights)
    // In cross attention the query stands in another text: no key is it.
    let query = subject.isCross ? nil : state.query
    for (key, place) in layout.places.enumerated() {
      guard let y = layout.y(place.row), key < weights.count else { continue }
      let level = levels.level(weights[key])
      let isSeen = key <= last
      let role: Role =
        key == query ? .cursor : key == state.key ? .selected : isSeen ? .plain : .dimmed
      let x = layout.text.x + place.x
      canvas.write(
        place.text, x: x, y: y, in: layout.text, role: role, shade: isSeen ? .level(level) : .none)
      guard layout.pitch == 2 else { continue }
      for column in x..<(x + place.width) where layout.text.contains(column, y + 1) {
        if key == query {
          canvas[column, y + 1] = Cell("^", role: .strongest)
        } else if isSeen, drawing.appearance.depth == .mono {
          canvas[column, y + 1] = Cell(shade: .level(level))
        }
      }
    }
  }

  private static func drawStrongest(
    _ drawing: Drawing, _ layout: TokensLayout, _ subject: Subject, _ weights: [Float],
    on canvas: inout Canvas
  ) {
    let list = layout.list
    guard list.height > 1 else { return }
    let keys = strongest(weights, count: min(10, list.height - 2))
    let query = subject.isCross ? ", query \(drawing.exact(drawing.state.query, of: subject))," : ""
    let head = "\(drawing.state.head)\(query) gives most to"
    canvas.write(head, x: list.x, y: list.y + 1, in: list, role: .label)
    let digits = "\(subject.patterns.keyCount - 1)".count
    for (row, key) in keys.enumerated() {
      let y = list.y + 2 + row
      let weight = weights[key]
      let number = Double(weight).fixed(4)
      var x = canvas.write("  \(number) ", x: list.x, y: y, in: list)
      let filled = Int(weight.clamped(to: 0...1) * 20 + 0.5)
      canvas.write(
        String(repeating: drawing.glyphs.bar, count: filled)
          + String(repeating: drawing.glyphs.track, count: 20 - filled),
        x: x, y: y, in: list, role: .dimmed)
      x = canvas.write(
        "  \(drawing.padded("\(key)", digits)) ", x: x + 20, y: y, in: list, role: .dimmed)
      let text = drawing.cut(drawing.shownKey(key, of: subject), max(0, list.width - (x - list.x)))
      canvas.write(text, x: x, y: y, in: list, role: row == 0 ? .strongest : .label)
    }
  }

  /// The keys with the largest weights above zero, largest first, earlier ones first among equals.
  private static func strongest(_ weights: [Float], count: Int) -> [Int] {
    var best: [Int] = []
    for key in weights.indices where weights[key] > 0 {
      let place = best.firstIndex { weights[$0] < weights[key] } ?? best.count
      guard place < count else { continue }
      best.insert(key, at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }

  static func status(_ drawing: Drawing) -> String {
    guard let subject = drawing.state.subject else { return "" }
    let weights = drawing.row(subject)
    let start = "\(drawing.state.head)  query \(drawing.exact(drawing.state.query, of: subject))"
    guard let key = strongest(weights, count: 1).first else { return start + "  no weight" }
    let strongest =
      "strongest \(drawing.exactKey(key, of: subject))  \(Double(weights[key]).fixed(4))"
    let chosen = drawing.state.key
    guard chosen != key, weights.indices.contains(chosen) else {
      return "\(start) \(drawing.glyphs.to) \(strongest)"
    }
    return "\(start) \(drawing.glyphs.to) key \(drawing.exactKey(chosen, of: subject))  "
      + "\(Double(weights[chosen]).fixed(4)), \(strongest)"
  }

  /// Every token, and how much of the query's attention goes to it.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let subject = state.subject else { return nil }
    let keys = 0..<subject.patterns.keyCount
    let row = state.query..<state.query + 1
    let weights = subject.patterns.pattern(state.head, rows: row, columns: keys).elements
    let tokens = keys.map { subject.keyTokens.indices.contains($0) ? subject.keyTokens[$0] : nil }
    var table = DataTable(name)
    table.add("key", .integers(Array(keys)))
    table.add("id", .integers(tokens.map { $0?.id ?? -1 }))
    table.add("piece", .texts(tokens.map { $0?.piece ?? "" }))
    table.add("weight", .numbers(weights.map(Double.init)))
    return .table(table)
  }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? {
    guard let subject = state.subject else { return nil }
    return TokensLayout(subject, state, in: region).token(atX: x, y: y).map {
      subject.isCross ? .selectKey($0) : .query($0)
    }
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let subject = state.subject else { return }
    guard !subject.isCross else { return step(motion, &state) }
    let layout = TokensLayout(subject, state, in: region)
    guard layout.places.indices.contains(state.query) else { return }
    let place = layout.places[state.query]
    let page = max(1, layout.text.height / layout.pitch - 1)
    func toRow(_ row: Int) {
      let row = row.clamped(to: 0...(layout.rowCount - 1))
      if let token = layout.nearest(row: row, x: place.x) { state.query = token }
    }
    switch motion {
    case .up: toRow(place.row - 1)
    case .down: toRow(place.row + 1)
    case .left: state.query -= 1
    case .right: state.query += 1
    case .pageUp, .pageLeft: toRow(place.row - page)
    case .pageDown, .pageRight: toRow(place.row + page)
    case .firstRow: state.query = 0
    case .lastRow: state.query = layout.places.count - 1
    case .firstColumn: state.query = layout.places.firstIndex { $0.row == place.row } ?? 0
    case .lastColumn:
      state.query = layout.places.lastIndex { $0.row == place.row } ?? state.query
    }
    state.clamp()
  }

  /// From query to query, where the text that is seen is that of the keys.
  private static func step(_ motion: Motion, _ state: inout ExplorerState) {
    switch motion {
    case .left, .up: state.query -= 1
    case .right, .down: state.query += 1
    case .pageUp, .pageLeft: state.query -= 8
    case .pageDown, .pageRight: state.query += 8
    case .firstRow, .firstColumn: state.query = 0
    case .lastRow, .lastColumn: state.query = (state.subject?.patterns.queryCount ?? 1) - 1
    }
    state.clamp()
  }
}
