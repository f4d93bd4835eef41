import Analysis
import Models

/// What the model expects after every token, where that comes from, and what a change does to it.
enum PredictView: ExplorerView {
  /// `predict`.
  static let name = "predict"
  /// The tab's name.
  static let title = "Predict"
  /// What it shows.
  static let help = "What comes next, and which heads say"

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    let state = drawing.state
    guard let run = state.run else { return drawing.drawMessage(on: &canvas, in: region) }
    guard let base = state.outcome(Alteration()) else {
      return drawing.drawWaiting(for: questions(state), on: &canvas, in: region)
    }
    guard base.predictions != nil, run.stream == .decoder else {
      let text =
        base.predictions == nil
        ? "this model has no output head, so it predicts nothing"
        : "\(StreamError.noPrediction(run.stream))"
      canvas.write(drawing.cut(text, region.width), x: region.x, y: region.y, in: region)
      return
    }
    guard base.predictions?.isOfClasses != true else {
      return drawForecast(drawing, run, on: &canvas, in: region.left(60).left)
    }
    let side = region.width >= 60 ? region.width / 2 : 0
    let (right, left) = region.right(side)
    drawTokens(drawing, run, base, on: &canvas, in: left.left(left.width - 1).left)
    drawForecast(drawing, run, on: &canvas, in: right)
  }

  /// Every token: its loss, and what was expected after it.
  private static func drawTokens(
    _ drawing: Drawing, _ run: Subject, _ base: Outcome, on canvas: inout Canvas, in region: Region
  ) {
    let state = drawing.state
    let changed = state.alteration.isNone ? nil : state.outcome(state.alteration)
    let (heading, list) = region.top(1)
    let loss = (changed ?? base).predictions?.loss ?? .nan
    let title = changed == nil ? "loss" : "loss after"
    canvas.write(
      drawing.cut("  token       \(title)  expected next", heading.width), x: heading.x,
      y: heading.y, in: heading, role: .label)
    let rows = Columns(count: run.tokens.count, cursor: position(state), in: list.bottom(1).rest)
    for row in rows.visible where list.height > 1 {
      let isChosen = row == position(state)
      let role: Role = isChosen ? .selected : .plain
      let predictions = (changed ?? base).predictions
      let losses = predictions?.losses ?? []
      let own = losses.indices.contains(row - 1) ? losses[row - 1] : .nan
      let token = fitted(drawing, drawing.shown(row, of: run), 10)
      var x = canvas.write(
        (isChosen ? drawing.glyphs.pointRight : " ") + " \(token)", x: list.x, y: rows.y(row),
        in: list, role: role)
      x = canvas.write(drawing.number(own, 6, decimals: 2), x: x, y: rows.y(row), in: list)
      guard let guess = predictions?.best[row] else { continue }
      let text = shown(drawing, (changed ?? base).spelling[guess.id], guess.id)
      x = canvas.write("  \(fitted(drawing, text, 11))", x: x, y: rows.y(row), in: list)
      x = canvas.write(" \(guess.probability.fixed(2))", x: x, y: rows.y(row), in: list)
      if let before = base.predictions?.best[row], changed != nil, before.id != guess.id {
        let text = " was \(shown(drawing, base.spelling[before.id], before.id))"
        canvas.write(
          drawing.cut(text, list.x + list.width - x), x: x, y: rows.y(row), in: list,
          role: .warning)
      }
    }
    let line =
      loss.isNaN
      ? "no loss: nothing is predicted from what is before"
      : "mean loss \(loss.visible(3)) nats" + difference(state, base, list.width - 21)
    canvas.write(
      drawing.cut(line, list.width), x: list.x, y: list.y + list.height - 1, in: list,
      role: .strongest)
  }

  /// `, +1.234 without L5.H1`; what is changed stands in the status as well, and gives way first.
  private static func difference(
    _ state: ExplorerState, _ base: Outcome, _ columns: Int
  ) -> String {
    guard let text = state.alteration.text,
      let after = state.outcome(state.alteration)?.predictions, let before = base.predictions
    else { return "" }
    let number = ", \((after.loss - before.loss).change)"
    return ColumnWidth.of(number + text) < columns ? "\(number) \(text)" : number
  }

  /// The heads that add most first.
  static func ranked(_ table: HeadTable) -> [HeadIndex] {
    table.values.indices.map { HeadIndex(layer: $0 / table.heads, head: $0 % table.heads) }
      .filter { !table[$0].isNaN }.sorted { (-table[$0], $0) < (-table[$1], $1) }
  }

  static func shown(_ drawing: Drawing, _ bytes: [UInt8]?, _ id: Int) -> String {
    guard let bytes else { return "<\(id)>" }
    return TokenText.shown(bytes, charset: drawing.appearance.charset)
  }

  static func fitted(_ drawing: Drawing, _ text: String, _ columns: Int) -> String {
    padRight(drawing.cut(text, columns), columns)
  }

  static func padRight(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - ColumnWidth.of(text)))
  }

  /// What may be taken apart: what is expected here.
  static func candidates(_ state: ExplorerState) -> [Forecast.Guess] {
    let here = position(state)
    if let known = state.forecast(here, state.alteration) { return known.top }
    guard case .forecast(let known)? = state.answers.known(Question(.forecast(here))) else {
      return []
    }
    return known.top
  }

  /// Whether the whole prompt has a class, and its tokens nothing that comes next.
  static func isOfClasses(_ state: ExplorerState) -> Bool {
    state.outcome(Alteration())?.predictions?.isOfClasses ?? false
  }

  /// The chosen token; the whole prompt's tokens count, whatever the lens merges.
  static func position(_ state: ExplorerState) -> Int {
    guard let run = state.run, !isOfClasses(state) else { return 0 }
    guard state.lens.hasWords else {
      return state.query.clamped(to: 0...max(0, run.tokens.count - 1))
    }
    let groups = Words(run.tokens).groups
    return groups.indices.contains(state.query) ? groups[state.query].upperBound - 1 : 0
  }

  static func status(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard let run = state.run,
      let forecast = state.forecast(position(state), state.alteration), let top = forecast.top.first
    else { return "" }
    let token = TokenText.exact(top.bytes, charset: drawing.appearance.charset)
    let probability = top.probability.fixed(4)
    guard !isOfClasses(state) else {
      let name = shown(drawing, top.bytes, top.id)
      return "class \(name) \(probability)"
    }
    let place = drawing.exact(position(state), of: run)
    return run.patterns.isCausal
      ? "after \(place) comes \(token) \(probability)"
      : "in place of \(place) \(token) \(probability)"
  }

  /// The head under the cursor, too.
  static func spoken(_ drawing: Drawing) -> String {
    let (state, text) = (drawing.state, status(drawing))
    guard let forecast = state.forecast(position(state), Alteration()),
      let added = forecast.contributions?[state.head], !added.isNaN, let run = state.run
    else { return text }
    let name = TokenText.exact(forecast.target.bytes, charset: drawing.appearance.charset)
    let from = strongest(drawing, run, state.head, position(state), 40)
    let model = state.alteration.isNone ? "" : "unchanged, "
    return "\(text); \(model)\(state.head) adds \(added.signed(2)) to \(name), \(from)"
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let subject = state.subject else { return }
    let page = max(1, region.height / 2)
    let all = subject.patterns.layers * subject.patterns.heads
    func step(_ by: Int) {
      guard let table = state.forecast(position(state), Alteration())?.contributions else { return }
      let heads = ranked(table)
      guard !heads.isEmpty else { return }
      let place = (heads.firstIndex(of: state.head) ?? -1) + by
      state.head = heads[place.clamped(to: 0...(heads.count - 1))]
    }
    switch motion {
    // Of classes there is one list, of heads.
    case .up where isOfClasses(state): step(-1)
    case .down where isOfClasses(state): step(1)
    case .pageUp where isOfClasses(state): step(-5)
    case .pageDown where isOfClasses(state): step(5)
    case .firstRow where isOfClasses(state): step(-all)
    case .lastRow where isOfClasses(state): step(all)
    case .up: state.query -= 1
    case .down: state.query += 1
    case .pageUp: state.query -= page
    case .pageDown: state.query += page
    case .firstRow: state.query = 0
    case .lastRow: state.query = subject.patterns.queryCount - 1
    case .left: step(-1)
    case .right: step(1)
    case .pageLeft: step(-5)
    case .pageRight: step(5)
    case .firstColumn: step(-all)
    case .lastColumn: step(all)
    }
    state.clamp()
  }

  static func questions(_ state: ExplorerState) -> [Question] {
    let here = position(state)
    return [
      Question(.outcome), Question(.forecast(here, of: state.chosenToken)),
      state.ask(.forecast(here, of: state.chosenToken)), state.ask(.outcome),
    ].reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
