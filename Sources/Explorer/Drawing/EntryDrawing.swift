extension Drawing {
  /// The command line or the prompt editor, over the lower part of the window.
  func drawEntry(on canvas: inout Canvas, body: Region, footer: Region) {
    switch state.entry {
    case .none: break
    case .command(let entry): drawCommand(entry, on: &canvas, body: body, footer: footer)
    case .prompt(let entry): drawPrompt(entry.editor, on: &canvas, body: body, footer: footer)
    case .line(let use, let editor):
      drawLine(use.rawValue, editor, on: &canvas, in: footer)
    case .letter(let use):
      canvas.fill(footer, Cell())
      canvas.write(
        cut(use.rawValue, footer.width), x: footer.x, y: footer.y, in: footer, role: .key)
    case .choice(let chooser): drawChoice(chooser, on: &canvas, body: body, footer: footer)
    }
  }

  private func drawCommand(
    _ entry: CommandEntry, on canvas: inout Canvas, body: Region, footer: Region
  ) {
    let offers = entry.offers(state)
    let shown = Array(offers.prefix(min(8, max(0, body.height - 1))))
    let (list, _) = body.bottom(shown.count)
    canvas.fill(list, Cell())
    let names = shown.map(\.text).map(ColumnWidth.of).max() ?? 0
    for (row, offer) in shown.enumerated() {
      let y = list.y + row
      let role: Role = row == entry.chosen ? .selected : .key
      canvas.write(offer.text, x: list.x + 1, y: y, in: list, role: role)
      canvas.write(
        cut(offer.help, max(0, list.width - names - 4)), x: list.x + names + 3, y: y, in: list,
        role: .dimmed)
    }
    drawLine(":", entry.editor, on: &canvas, in: footer)
  }

  /// A list over the lower part of the view, what was typed below it.
  private func drawChoice(
    _ chooser: Chooser, on canvas: inout Canvas, body: Region, footer: Region
  ) {
    let items = chooser.shown
    let (box, _) = body.bottom(min(max(2, items.count + 1), max(1, body.height * 2 / 3)))
    canvas.fill(box, Cell())
    canvas.write(
      cut("\(chooser.title): arrows and Enter choose, typing narrows", box.width), x: box.x,
      y: box.y,
      in: box, role: .title)
    let (_, list) = box.top(1)
    let rows = Columns(count: items.count, cursor: chooser.chosen, in: list)
    let names = items.map { ColumnWidth.of($0.name) }.max() ?? 0
    for row in rows.visible where list.height > 0 {
      let (item, y) = (items[row], rows.y(row))
      canvas.write(
        (row == chooser.chosen ? glyphs.pointRight : " ") + item.name, x: list.x, y: y, in: list,
        role: row == chooser.chosen ? .selected : .key)
      canvas.write(
        cut(item.help, max(0, list.width - names - 3)), x: list.x + names + 3, y: y, in: list,
        role: .dimmed)
    }
    if items.isEmpty { canvas.write("nothing fits", x: list.x, y: list.y, in: list) }
    drawLine("> ", chooser.editor, on: &canvas, in: footer)
  }

  private func drawPrompt(
    _ editor: LineEditor, on canvas: inout Canvas, body: Region, footer: Region
  ) {
    let columns = max(1, body.width - 2)
    let (lines, cursor) = wrapped(editor, columns: columns)
    let rows = min(lines.count, max(1, body.height - 1), 8)
    let (box, _) = body.bottom(rows + 1)
    canvas.fill(box, Cell())
    canvas.write(
      "Prompt: the model runs again on this text", x: box.x, y: box.y, in: box, role: .title)
    let first = (cursor.row - rows + 1).clamped(to: 0...max(0, lines.count - rows))
    for row in 0..<rows where first + row < lines.count {
      canvas.write(lines[first + row], x: box.x + 1, y: box.y + 1 + row, in: box)
    }
    let (x, y) = (box.x + 1 + cursor.column, box.y + 1 + cursor.row - first)
    if box.contains(x, y) { canvas[x, y].role = .cursor }
    canvas.fill(footer, Cell())
    var x2 = footer.x
    for (keys, label) in [
      ("Enter", "runs"), ("Esc", "cancels"), ("^U", "clears"), ("Up", "earlier"),
    ] {
      x2 = canvas.write(keys, x: x2, y: footer.y, in: footer, role: .key)
      x2 = canvas.write(" \(label)  ", x: x2, y: footer.y, in: footer, role: .dimmed)
    }
  }

  /// One line of text with its cursor, scrolled so that the cursor is seen.
  private func drawLine(
    _ lead: String, _ editor: LineEditor, on canvas: inout Canvas, in region: Region
  ) {
    canvas.fill(region, Cell())
    let before = typed(editor.characters[..<editor.cursor])
    let text = typed(editor.characters[...])
    let shift = max(0, ColumnWidth.of(before) - (region.width - 3))
    let (_, inner) = region.left(lead.count)
    canvas.write(text, x: inner.x - shift, y: region.y, in: inner)
    canvas.write(lead, x: region.x, y: region.y, in: region, role: .key)
    let x = inner.x + ColumnWidth.of(before) - shift
    if region.contains(x, region.y) { canvas[x, region.y].role = .cursor }
  }

  /// Text being typed, with controls made visible and its spaces left alone.
  private func typed(_ characters: ArraySlice<Character>) -> String {
    characters.map { character in
      character == " "
        ? " " : TokenText.shown(Array(String(character).utf8), charset: appearance.charset)
    }.joined()
  }

  private func wrapped(
    _ editor: LineEditor, columns: Int
  ) -> (lines: [String], cursor: (row: Int, column: Int)) {
    var lines = [""]
    var used = 0
    var cursor = (row: 0, column: 0)
    for (place, character) in editor.characters.enumerated() {
      let text = typed([character])
      let width = ColumnWidth.of(text)
      if used + width > columns, used > 0 {
        lines.append("")
        used = 0
      }
      if place == editor.cursor { cursor = (lines.count - 1, used) }
      lines[lines.count - 1] += text
      used += width
      if character == "\n" {
        lines.append("")
        used = 0
      }
    }
    if editor.cursor == editor.characters.count { cursor = (lines.count - 1, used) }
    return (lines, cursor)
  }
}
