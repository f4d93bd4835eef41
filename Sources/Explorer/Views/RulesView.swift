import Models

/// A head's map as it is, under another attention rule, and the difference.
enum RulesView: ExplorerView {
  /// `rules`.
  static let name = "rules"
  /// The tab's name.
  static let title = "Rules"
  /// What it shows.
  static let help = "A map under another attention rule"

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    let state = drawing.state
    guard let subject = state.subject else { return drawing.drawMessage(on: &canvas, in: region) }
    let most = region.height * 3 / 5
    let text = wrapped(lines(drawing), region.width, most: most)
    let (card, maps) = region.bottom(min(text.count, most))
    drawCard(drawing, text, on: &canvas, in: card)
    guard !state.alteration.isNone else {
      drawing.drawMap(subject, state.head, on: &canvas, in: maps)
      return
    }
    guard state.outcome(state.alteration) != nil else {
      return drawing.drawWaiting(
        for: [state.ask(.outcome)], on: &canvas, in: maps)
    }
    let before = ComparedMap(
      title: "\(state.head)", subject: state.before ?? subject, head: state.head, side: 1)
    let after = ComparedMap(
      title: "under the rule", subject: subject, head: state.head, side: 0)
    drawing.drawComparison(MapPair(before, after), on: &canvas, in: maps)
  }

  /// Lines that are too long go on below, as far as there is room for all of them.
  private static func wrapped(
    _ lines: [(text: String, role: Role)], _ columns: Int, most: Int
  ) -> [(text: String, role: Role)] {
    var spare = max(0, most - lines.count)
    return lines.flatMap { line in
      let parts = WrappedText.lines(line.text, columns: columns, most: 1 + spare, indent: 4)
      spare -= parts.count - 1
      return parts.map { (text: $0, role: line.role) }
    }
  }

  private static func drawCard(
    _ drawing: Drawing, _ lines: [(text: String, role: Role)], on canvas: inout Canvas,
    in region: Region
  ) {
    for (row, line) in lines.prefix(region.height).enumerated() {
      // Blanks that set a line in are no text's.
      let blanks = String(line.text.prefix { $0 == " " })
      let rest = line.text.dropFirst(blanks.count)
      let text = blanks + TokenText.shown(Array(rest.utf8), charset: drawing.appearance.charset)
      canvas.write(
        drawing.cut(text, region.width), x: region.x, y: region.y + row, in: region,
        role: line.role)
    }
  }

  private static func lines(_ drawing: Drawing) -> [(text: String, role: Role)] {
    let state = drawing.state
    guard let rule = state.rule else {
      return [
        ("no rule: the map is the model's own", .title),
        ("r chooses one of \(AttentionRules.all.count)", .dimmed),
      ]
    }
    let card = rule.card
    var lines: [(text: String, role: Role)] = [
      ("\(card.title), \(card.label.text); rows sum to \(card.rows.text)", .title),
      (card.formula, .plain),
      (
        "in: \(state.ruleTarget.rawValue)  reach: \(state.alteration.reach.rawValue)"
          + "\(moved(state))", .label
      ),
    ]
    lines += drawing.ruleFigures
    for (index, parameter) in card.parameters.enumerated() {
      let mark = index == state.ruleParameter ? drawing.glyphs.pointRight : " "
      let value = rule.text(parameter)
      lines.append(
        (
          "\(mark) \(parameter.name) = \(value.isEmpty ? "none" : value)  \(parameter.help)",
          index == state.ruleParameter ? .selected : .plain
        ))
    }
    lines.append((card.source, .dimmed))
    return lines
  }

  /// How far this head's map moved, in whatever scope is seen.
  private static func moved(_ state: ExplorerState) -> String {
    let drift = state.outcome(state.alteration)?.drift?[state.head]
    return drift.map { "  map moved by \($0.fixed(3))" } ?? ""
  }

  static func status(_ drawing: Drawing) -> String { MapView.status(drawing) }

  static func spoken(_ drawing: Drawing) -> String {
    let lines = lines(drawing)
    let figures = drawing.ruleFigures.map { String($0.text.drop { $0 == " " }) }
    return ([lines.first?.text ?? ""] + figures + [status(drawing)]).joined(separator: "; ")
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    let last = max(0, (state.rule?.card.parameters.count ?? 1) - 1)
    switch motion {
    case .up: state.ruleParameter -= 1
    case .down: state.ruleParameter += 1
    case .left: state.head.head -= 1
    case .right: state.head.head += 1
    case .pageUp, .firstRow: state.ruleParameter = 0
    case .pageDown, .lastRow: state.ruleParameter = last
    case .pageLeft, .firstColumn: state.head.head = 0
    case .pageRight, .lastColumn: state.head.head = Int.max
    }
    state.ruleParameter = state.ruleParameter.clamped(to: 0...last)
    state.clamp()
  }

  static func questions(_ state: ExplorerState) -> [Question] {
    guard !state.alteration.rules.isEmpty else { return [] }
    return [state.ask(.drift(state.head))] + (state.alteration.isLocal ? [] : [state.ask(.effect)])
  }
}
