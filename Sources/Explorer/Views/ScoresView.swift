import Models

/// All heads as a table, sorted by the chosen score.
enum ScoresView: ExplorerView {
  /// `scores`.
  static let name = "scores"
  /// The tab's name.
  static let title = "Scores"
  /// What it shows.
  static let help = "Heads as a table, sorted by a score"

  private static let columnWidth = 11

  /// Heads that pass the filter, the largest score first, undefined ones last.
  static func sorted(_ state: ExplorerState) -> [HeadIndex] {
    guard let score = state.scoreTable else { return state.heads() }
    return state.heads().map { (head: $0, value: score.value($0)) }.sorted { a, b in
      guard a.value != b.value, !(a.value.isNaN && b.value.isNaN) else { return a.head < b.head }
      return b.value.isNaN || a.value > b.value
    }.map(\.head)
  }

  private struct Layout {
    let heading, body, legend: Region
    let scores: [ScoreTable]

    init(_ state: ExplorerState, in region: Region) {
      let (legend, rest) = region.bottom(region.height > 3 ? 1 : 0)
      (heading, body) = rest.top(rest.height > 1 ? 1 : 0)
      self.legend = legend
      let room = max(1, (region.width - ScoresView.gutter) / ScoresView.columnWidth)
      // The score sorted by comes first, so that it is seen on any width.
      let chosen = state.scoreTable.map { [$0] } ?? []
      scores = Array(
        (chosen + state.scores.filter { $0.name != chosen.first?.name }).prefix(room))
    }
  }

  private static let gutter = 22

  /// Every score of the heads that are seen, sorted as they are.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard state.subject != nil else { return nil }
    let heads = sorted(state)
    var table = DataTable(name)
    table.add("layer", .integers(heads.map(\.layer)))
    table.add("head", .integers(heads.map(\.head)))
    for score in state.scores { table.add(score.name, .numbers(heads.map(score.value))) }
    return .table(table)
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let subject = drawing.state.subject else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let state = drawing.state
    let layout = Layout(state, in: region)
    let heads = sorted(state)
    let rows = Columns(count: heads.count, cursor: cursor(state, heads), in: layout.body)
    let (rank, digits) = (
      layout.heading, "\(subject.patterns.layers * subject.patterns.heads)".count
    )
    canvas.write(
      drawing.padded("#", digits) + "  head", x: rank.x, y: rank.y, in: rank, role: .label)
    for (column, score) in layout.scores.enumerated() {
      let name = drawing.cut(score.name, columnWidth - 1)
      canvas.write(
        drawing.padded(name, columnWidth), x: rank.x + gutter + column * columnWidth, y: rank.y,
        in: rank, role: column == 0 ? .strongest : .label)
    }
    for row in rows.visible {
      let (head, y) = (heads[row], rows.y(row))
      let isChosen = head == state.head
      canvas.write(
        drawing.padded("\(row + 1)", digits), x: region.x, y: y, in: layout.body, role: .dimmed)
      let mark = state.selected.contains(head) ? "*" : state.notes[head] != nil ? "!" : " "
      canvas.write(
        "\(isChosen ? drawing.glyphs.pointRight : " ")\(mark)\(head)", x: region.x + digits, y: y,
        in: layout.body, role: isChosen ? .selected : .plain)
      if let score = layout.scores.first, region.width > 40 {
        canvas.fill(
          Region(x: region.x + gutter - 6, y: y, width: 5, height: 1),
          Cell(shade: .level(score.level(head))))
      }
      for (column, score) in layout.scores.enumerated() {
        canvas.write(
          drawing.number(score.value(head), columnWidth),
          x: region.x + gutter + column * columnWidth, y: y, in: layout.body,
          role: isChosen ? .strongest : .plain)
      }
    }
    if heads.isEmpty {
      canvas.write("no head passes the filter", x: region.x, y: layout.body.y, in: layout.body)
    }
    guard let score = state.scoreTable else { return }
    drawing.drawLegend(of: score, on: &canvas, in: layout.legend)
  }

  private static func cursor(_ state: ExplorerState, _ heads: [HeadIndex]) -> Int {
    heads.firstIndex(of: state.head) ?? 0
  }

  static func status(_ drawing: Drawing) -> String {
    AtlasView.status(drawing)
  }

  /// The place in the table, too.
  static func spoken(_ drawing: Drawing) -> String {
    let heads = sorted(drawing.state)
    let place = heads.firstIndex(of: drawing.state.head).map {
      ", place \($0 + 1) of \(heads.count)"
    }
    return status(drawing) + (place ?? ", not among those seen")
  }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? {
    let layout = Layout(state, in: region)
    guard layout.body.contains(x, y) else { return nil }
    let heads = sorted(state)
    let rows = Columns(count: heads.count, cursor: cursor(state, heads), in: layout.body)
    return rows.row(atY: y).map { heads[$0] == state.head ? .enter : .goto(heads[$0]) }
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    let heads = sorted(state)
    guard !heads.isEmpty else { return }
    let page = max(1, Layout(state, in: region).body.height / 2)
    let place = cursor(state, heads)
    let next =
      switch motion {
      case .up: place - 1
      case .down: place + 1
      case .pageUp: place - page
      case .pageDown: place + page
      case .firstRow: 0
      case .lastRow: heads.count - 1
      case .left, .pageLeft, .firstColumn, .right, .pageRight, .lastColumn: place
      }
    state.head = heads[next.clamped(to: 0...(heads.count - 1))]
    switch motion {
    case .left: state.stepScore(-1)
    case .right: state.stepScore(1)
    default: break
    }
  }
}
