import Analysis
import Models

extension Drawing {
  /// The head under the atlas's cursor: its map in small, then its scores, then the model.
  func drawHeadPanel(_ subject: Subject, on canvas: inout Canvas, in region: Region) {
    let change = changeLines
    // What a change comes to is worth more here than scores that the list (S) shows too.
    let room = region.height - 8 - (change.isEmpty ? 0 : change.count + 1)
    let scores = self.state.scores.prefix(max(change.isEmpty ? 0 : 1, room))
    let (head, rest) = region.top(2)
    let (below, map) = rest.bottom(scores.count + 1 + (change.isEmpty ? 0 : change.count + 1))
    let patterns = subject.patterns
    let values = appearance.valuesPerCell
    let zoom = HeatGrid.fit(
      queries: patterns.queryCount, keys: patterns.keyCount, width: map.width, height: map.height,
      valuesPerCell: values)
    let grid = HeatGrid(
      queries: patterns.queryCount, keys: patterns.keyCount, zoom: zoom, origin: (0, 0),
      focus: (0, 0), in: map, valuesPerCell: values)
    let (levels, sampled) = grid.draw(self, subject, head: state.head, on: &canvas)
    let x = canvas.write("\(state.head)", x: head.x, y: head.y, in: head, role: .title)
    let ends = levels.ends
    canvas.write(
      "  weight \(ends.0)\(glyphs.dash)\(ends.1) \(state.scale.rawValue)", x: x, y: head.y,
      in: head,
      role: .dimmed)
    var notes = state.lens.notes
    if let note = grid.note(self) {
      let sampled = sampled.map { Legend.Note("\($0) queries of each", short: "sampled") }
      notes = [.init(note)] + [sampled].compactMap { $0 } + notes
    }
    canvas.write(
      Legend.note(self, notes, head.width), x: head.x, y: head.y + 1, in: head, role: .dimmed)

    let y = min(map.y + map.height, grid.plot.y + grid.plot.height) + 1
    // The values keep their room; a long title gives way.
    let names = min(
      scores.map { ColumnWidth.of($0.title) }.max() ?? 0, max(0, region.width - 11))
    let list = Region(
      x: region.x, y: y, width: region.width, height: below.y + below.height - y)
    for (row, score) in scores.enumerated() {
      let isChosen = score.name == state.scoreTable?.name
      let line = list.y + row
      if isChosen {
        canvas.write(glyphs.pointRight, x: list.x, y: line, in: list, role: .strongest)
      }
      canvas.write(
        cut(score.title, names), x: list.x + 2, y: line, in: list,
        role: isChosen ? .strongest : .label)
      let value = score.value(state.head)
      let text = value.isNaN ? "      \(glyphs.undefined)" : padded(value.fixed(4), 7)
      let end = canvas.write(text, x: list.x + 4 + names, y: line, in: list)
      let unit = score.unit(after: " ")
      if end + unit.count <= list.x + list.width {
        canvas.write(unit, x: end, y: line, in: list, role: .dimmed)
      }
    }
    let start = list.y + scores.count + 1
    for (row, line) in change.enumerated() {
      canvas.write(
        cut(line.text, list.width), x: list.x, y: start + row, in: list, role: line.role)
    }
    var lines = subject.details
    let types = HeadType.types { name in
      self.state.scores.first { $0.name == name }?.value(state.head)
    }
    .map(\.name).joined(separator: ", ")
    if subject.kvHeads < patterns.heads {
      lines.insert("reads key/value head \(subject.kvHead(of: state.head.head))", at: 0)
    }
    if !types.isEmpty { lines.insert("type: \(types)", at: 0) }
    for (row, line) in lines.enumerated() {
      let text = TokenText.shown(Array(line.utf8), charset: appearance.charset)
      canvas.write(
        cut(text, list.width), x: list.x, y: start + (change.isEmpty ? 0 : change.count + 1) + row,
        in: list,
        role: .dimmed)
    }
  }

  func padded(_ text: String, _ columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - ColumnWidth.of(text))) + text
  }
}
