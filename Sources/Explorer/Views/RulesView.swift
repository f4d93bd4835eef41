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
    let (card, maps) = region.bottom(min(9, region.height / 2))
    drawCard(drawing, on: &canvas, in: card)
    guard !state.alteration.isNone else {
      drawing.drawMap(subject, state.head, on: &canvas, in: maps)
      return
    }
    guard state.outcome(state.alteration) != nil else {
      return drawing.drawWaiting(
        for: [state.ask(.outcome)], on: &canvas, in: maps)
    }
    drawing.drawComparison(
      ComparedMap(
        title: "\(state.head)", subject: state.before ?? subject, head: state.head, side: 1),
      ComparedMap(title: "under the rule", subject: subject, head: state.head, side: 0),
      on: &canvas, in: maps)
  }

  private static func drawCard(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    for (row, line) in lines(drawing).prefix(region.height).enumerated() {
      let text = TokenText.shown(Array(line.text.utf8), charset: drawing.appearance.charset)
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
          + "  \(effect(state))", .strongest
      ),
    ]
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

  /// What the rule does to the model, once that is known.
  private static func effect(_ state: ExplorerState) -> String {
    guard let outcome = state.outcome(state.alteration) else { return "" }
    let moved = (outcome.drift?[state.head]).map { "map moved by \($0.fixed(3))" } ?? ""
    // Under a local rule nothing after the head changes, so that there is no loss to speak of.
    guard state.alteration.reach == .propagated || !state.alteration.knockedOut.isEmpty,
      let after = outcome.predictions, let before = state.outcome(Alteration())?.predictions
    else { return moved }
    return moved + ", loss \(before.loss.fixed(3)) to \(after.loss.fixed(3))"
  }

  static func status(_ drawing: Drawing) -> String { MapView.status(drawing) }

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
}
