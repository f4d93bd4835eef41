import Models

/// All heads of the model, coloured by one score; the map of the head under the cursor beside them.
enum AtlasView: ExplorerView {
  /// `atlas`.
  static let name = "atlas"
  /// The tab's name.
  static let title = "Atlas"
  /// What it shows.
  static let help = "All heads, coloured by a score"

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let subject = drawing.state.subject else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let layout = AtlasLayout(subject, cursor: drawing.state.head, in: region)
    let (state, score) = (drawing.state, drawing.state.scoreTable)
    let second = state.scores.first { $0.name == state.secondScore }
    drawing.drawHeads(subject, layout, on: &canvas) { head in
      state.passes(head) ? .level(score?.level(head) ?? .nan) : .none
    } sign: { head in
      sign(drawing, head, second)
    }
    if let score { drawing.drawLegend(of: score, on: &canvas, in: layout.legend) }
    if let side = layout.side { drawing.drawHeadPanel(subject, on: &canvas, in: side) }
  }

  /// Knocked out, selected, noted, or the second score's tenth: one sign in the middle of a head.
  private static func sign(_ drawing: Drawing, _ head: HeadIndex, _ second: ScoreTable?) -> String?
  {
    let state = drawing.state
    if state.alteration.knockedOut[state.stream].contains(head) { return "x" }
    if state.selected.contains(head) { return "*" }
    if let second {
      let level = second.level(head)
      return level.isNaN ? drawing.glyphs.undefined : "\(Ramp.step(level, of: 10) ?? 0)"
    }
    return state.notes[head] != nil ? "!" : nil
  }

  static func status(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard state.subject != nil, let score = state.scoreTable else { return "" }
    let value = score.value(state.head)
    let number = value.isNaN ? "undefined" : "\(value.fixed(4))\(score.unit(after: " "))"
    let second = state.scores.first { $0.name == state.secondScore }.map {
      "  digits: \($0.name) \(drawing.number($0.value(state.head), 0))\($0.unit(after: " "))"
    }
    return "\(state.head)  \(score.title)  \(number)" + (second ?? "")
  }

  /// Every score of every head.
  static func data(_ state: ExplorerState) -> ViewData? {
    state.subject.map { .table($0.scoreData(name: name, state.scores)) }
  }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? {
    guard let subject = state.subject else { return nil }
    let layout = AtlasLayout(subject, cursor: state.head, in: region)
    return layout.head(atX: x, y: y).map { $0 == state.head ? .enter : .goto($0) }
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let subject = state.subject else { return }
    let layout = AtlasLayout(subject, cursor: state.head, in: region)
    let (page, wide) = (max(1, layout.layers.count / 2), max(1, layout.heads.count / 2))
    switch motion {
    case .up: state.head.layer -= 1
    case .down: state.head.layer += 1
    case .left: state.head.head -= 1
    case .right: state.head.head += 1
    case .pageUp: state.head.layer -= page
    case .pageDown: state.head.layer += page
    case .pageLeft: state.head.head -= wide
    case .pageRight: state.head.head += wide
    case .firstRow: state.head.layer = 0
    case .lastRow: state.head.layer = subject.patterns.layers - 1
    case .firstColumn: state.head.head = 0
    case .lastColumn: state.head.head = subject.patterns.heads - 1
    }
    state.clamp()
  }
}
