import Analysis
import Models

/// What is expected after one token: the predictions, the logit lens, and the heads that add to it.
extension PredictView {
  /// What is expected after the chosen token, layer by layer, and which heads add to it.
  static func drawForecast(
    _ drawing: Drawing, _ run: Subject, on canvas: inout Canvas, in region: Region
  ) {
    let state = drawing.state
    let (position, alteration) = (position(state), state.alteration)
    guard region.height > 0, region.width > 0 else { return }
    guard let before = state.forecast(position, Alteration()) else {
      return drawing.drawWaiting(for: questions(state), on: &canvas, in: region)
    }
    let after = alteration.isNone ? nil : state.forecast(position, alteration)
    let heights = split(region.height, layers: before.lens.count)
    let (top, rest) = region.top(heights.top)
    let (lens, heads) = rest.top(heights.lens)
    drawTop(drawing, run, position, before, after, on: &canvas, in: top)
    drawLens(drawing, after ?? before, before, on: &canvas, in: lens)
    drawLastLayer(drawing, after ?? before, on: &canvas, in: lens.bottom(1).bottom)
    drawHeads(drawing, run, position, before, on: &canvas, in: heads)
  }

  /// Rows for the predictions, the lens and the heads.
  private static func split(_ height: Int, layers: Int) -> (top: Int, lens: Int) {
    let top = min(7, max(3, height / 3))
    return (top, min(layers + 2, max(3, height / 3)))
  }

  private static func drawTop(
    _ drawing: Drawing, _ run: Subject, _ position: Int, _ before: Forecast, _ after: Forecast?,
    on canvas: inout Canvas, in region: Region
  ) {
    let title =
      isOfClasses(drawing.state)
      ? "the class of the whole prompt"
      : run.patterns.isCausal
        ? "after \(position) \(drawing.shown(position, of: run))"
        : "in place of \(position) \(drawing.shown(position, of: run))"
    let columns = after == nil ? "" : "   before  after"
    canvas.write(
      drawing.cut(title, max(0, region.width - columns.count)), x: region.x, y: region.y,
      in: region, role: .title)
    canvas.writeRight(columns, y: region.y, in: region, role: .label)
    let list = after ?? before
    for (row, guess) in list.top.prefix(max(0, region.height - 2)).enumerated() {
      let y = region.y + 1 + row
      let name = fitted(drawing, shown(drawing, guess.bytes, guess.id), 13)
      let x = canvas.write(" \(name)", x: region.x, y: y, in: region)
      guard after != nil else {
        let end = canvas.write(" \(guess.probability.fixed(3)) ", x: x, y: y, in: region)
        canvas.write(
          drawing.bar(guess.probability, max(0, min(14, region.x + region.width - end))), x: end,
          y: y, in: region, role: .dimmed)
        continue
      }
      let old = before.top.first { $0.id == guess.id }?.probability
      let text = (old.map { $0.fixed(3) } ?? "      ") + "  \(guess.probability.fixed(3))"
      canvas.writeRight(text, y: y, in: region, role: row == 0 ? .strongest : .plain)
    }
  }

  private static func drawLens(
    _ drawing: Drawing, _ forecast: Forecast, _ before: Forecast, on canvas: inout Canvas,
    in region: Region
  ) {
    guard region.height > 2 else { return }
    let target = before.target
    let name = shown(drawing, target.bytes, target.id)
    canvas.write(
      drawing.cut(
        "logit lens: top \(isOfClasses(drawing.state) ? "class" : "token"), and \(name)",
        region.width), x: region.x, y: region.y,
      in: region, role: .title)
    let count = forecast.lens.count
    let room = region.height - 2
    // Evenly spaced layers where not all have room, the last always among them.
    let layers =
      count <= room ? Array(0..<count) : (1...room).map { ($0 * count + room - 1) / room - 1 }
    for (row, layer) in layers.enumerated() {
      let guess = forecast.lens[layer]
      let y = region.y + 1 + row
      let label = layer == count - 1 ? "end" : "L\(layer)"
      let text = fitted(drawing, shown(drawing, guess.bytes, guess.id), 12)
      let x = canvas.write(
        " \(drawing.padded(label, 4)) \(text) \(guess.probability.fixed(2))  ", x: region.x, y: y,
        in: region)
      let end = canvas.write("\(forecast.rise[layer].fixed(2)) ", x: x, y: y, in: region)
      canvas.write(
        drawing.bar(forecast.rise[layer], max(0, min(8, region.x + region.width - end))), x: end,
        y: y, in: region, role: .dimmed)
    }
  }

  /// What the last layer does about the token that is right: against it, it keeps the model from being too sure.
  private static func drawLastLayer(
    _ drawing: Drawing, _ forecast: Forecast, on canvas: inout Canvas, in region: Region
  ) {
    guard let last = forecast.lastLayer, region.height > 0 else { return }
    let name = drawing.cut(shown(drawing, forecast.lastLayerToken, last.id), 10)
    let text =
      " last layer, \(name): heads \(last.attention.signed(1)) MLP \(last.rest.signed(1))"
    canvas.write(
      drawing.cut(text, region.width), x: region.x, y: region.y, in: region,
      role: last.attention + last.rest < 0 ? .warning : .dimmed)
  }

  /// Heads by what they add to the token's logit, those against it last.
  private static func drawHeads(
    _ drawing: Drawing, _ run: Subject, _ position: Int, _ forecast: Forecast,
    on canvas: inout Canvas, in region: Region
  ) {
    guard region.height > 1 else { return }
    let name = shown(drawing, forecast.target.bytes, forecast.target.id)
    let title =
      drawing.state.alteration.isNone ? "heads that add to" : "of the unchanged model: heads for"
    canvas.write(
      drawing.cut("\(title) \(name)", region.width), x: region.x, y: region.y, in: region,
      role: .title)
    guard let contributions = forecast.contributions else {
      let why = forecast.obstacle ?? ""
      canvas.write(
        drawing.cut(why, region.width), x: region.x, y: region.y + 1, in: region, role: .dimmed)
      return
    }
    let heads = ranked(contributions)
    let cursor = heads.firstIndex(of: drawing.state.head) ?? 0
    let rows = Columns(count: heads.count, cursor: cursor, in: region.top(1).rest)
    for row in rows.visible {
      let (head, y) = (heads[row], rows.y(row))
      let isChosen = head == drawing.state.head
      let out = drawing.state.alteration.knockedOut[.decoder].contains(head) ? "x" : " "
      let text =
        (isChosen ? drawing.glyphs.pointRight : " ")
        + "\(out)\(padRight("\(head)", 7))\(drawing.padded(contributions[head].signed(2), 7))  "
      let x = canvas.write(
        drawing.cut(text, region.width), x: region.x, y: y, in: region,
        role: isChosen ? .selected : .plain)
      canvas.write(
        strongest(drawing, run, head, position, region.x + region.width - x), x: x, y: y,
        in: region, role: isChosen ? .selected : .plain)
    }
  }

  /// `from ␣Mary 0.83`: what a head looks at from a position; a long token gives way to the weight.
  static func strongest(
    _ drawing: Drawing, _ run: Subject, _ head: HeadIndex, _ position: Int, _ columns: Int
  ) -> String {
    let row = drawing.tiles.tile(
      run, sight: .init(drawing.state.generation, -1), head: head, rows: position..<position + 1,
      columns: 0..<run.patterns.keyCount, pool: 1
    ).values
    guard let key = row.indices.max(by: { row[$0] < row[$1] }) else { return "" }
    let weight = Double(row[key]).fixed(2)
    return drawing.cut(
      "from \(drawing.cut(drawing.shownKey(key, of: run), max(1, columns - 6 - weight.count))) "
        + weight, columns)
  }
}
