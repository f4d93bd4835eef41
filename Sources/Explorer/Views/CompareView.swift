import Analysis
import Models

/// Two maps side by side and their signed difference.
enum CompareView: ExplorerView {
  /// `compare`.
  static let name = "compare"
  /// The tab's name.
  static let title = "Compare"
  /// What it shows.
  static let help = "Two maps and their difference"

  /// One of the two maps.
  struct Side {
    let title: String
    let subject: Subject
    let head: HeadIndex
    /// Tells the tiles of the two apart.
    let side: Int
  }

  private static func sides(_ state: ExplorerState) -> (a: Side, b: Side)? {
    guard let subject = state.subject else { return nil }
    let here = Side(title: "\(state.head)", subject: subject, head: state.head, side: 0)
    switch state.compared {
    case .heads:
      let other = state.otherHead
      return (Side(title: "\(other)", subject: subject, head: other, side: 0), here)
    case .change:
      let before = state.before ?? subject
      return (
        Side(title: "\(state.head) before", subject: before, head: state.head, side: 1),
        Side(title: "\(state.head) after", subject: subject, head: state.head, side: 0)
      )
    case .prompts:
      let other = state.otherSubject ?? subject
      return (
        Side(title: "\(state.head), other prompt", subject: other, head: state.head, side: 2),
        Side(title: "\(state.head), this prompt", subject: subject, head: state.head, side: 0)
      )
    }
  }

  private struct Layout {
    let panels: [Region]
    let list, legend: Region

    init(in region: Region) {
      let (legend, body) = region.bottom(region.height > 3 ? 1 : 0)
      let (list, maps) = body.bottom(body.height >= 18 ? min(8, body.height / 4) : 0)
      (self.legend, self.list) = (legend, list)
      let width = max(1, (maps.width - 4) / 3)
      panels = (0..<3).map {
        Region(x: maps.x + $0 * (width + 2), y: maps.y, width: width, height: maps.height)
      }
    }
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let sides = sides(drawing.state) else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let layout = Layout(in: region)
    let titles = [sides.a.title, sides.b.title, "difference"]
    for (panel, title) in zip(layout.panels, titles) {
      canvas.write(drawing.cut(title, panel.width), x: panel.x, y: panel.y, in: panel, role: .title)
    }
    let maps = layout.panels.map { $0.top(1).rest }
    for (side, map) in zip([sides.a, sides.b], maps) {
      drawing.drawMap(side.subject, side.head, side: side.side, on: &canvas, in: map)
    }
    var largest: Float = 0
    if sides.a.subject.patterns.hasSize(of: sides.b.subject.patterns) {
      largest = drawDifference(drawing, sides, on: &canvas, in: maps[2])
    } else {
      canvas.write(
        drawing.cut("no difference: the prompts have other lengths", maps[2].width), x: maps[2].x,
        y: maps[2].y, in: maps[2], role: .dimmed)
    }
    drawRanking(drawing, on: &canvas, in: layout.list)
    let high = Double(largest).fixed(2)
    Legend(
      title: "second minus first", low: "-\(high)", high: "+\(high)",
      note: ([drawing.state.scale.rawValue] + drawing.state.lens.notes).joined(separator: ", "),
      isSigned: true
    ).draw(on: &canvas, in: layout.legend)
  }

  /// One signed value per cell; colours go from minus the largest difference to plus it.
  private static func drawDifference(
    _ drawing: Drawing, _ sides: (a: Side, b: Side), on canvas: inout Canvas, in region: Region
  ) -> Float {
    let patterns = sides.b.subject.patterns
    guard region.width > 0, region.height > 0 else { return 0 }
    let zoom = HeatGrid.fit(
      queries: patterns.queryCount, keys: patterns.keyCount, width: region.width,
      height: region.height, valuesPerCell: 1)
    let grid = HeatGrid(
      queries: patterns.queryCount, keys: patterns.keyCount, zoom: zoom, origin: (0, 0),
      focus: (0, 0), in: region, valuesPerCell: 1)
    let tiles = [sides.a, sides.b].map {
      grid.tile(drawing, $0.subject, head: $0.head, side: $0.side)
    }
    let differences = zip(tiles[1].values, tiles[0].values).map { $0 - $1 }
    let largest = differences.filter { !$0.isNaN }.map(abs).max() ?? 0
    for y in 0..<grid.plot.height {
      for x in 0..<grid.plot.width {
        let (row, column) = (y / grid.down, x / grid.across)
        guard grid.isSeen(row: row, column: column, of: sides.b.subject),
          row < tiles[0].rows, column < tiles[0].columns
        else { continue }
        let value = differences[row * tiles[0].columns + column]
        canvas.put(
          Cell(shade: .signed(largest > 0 ? value / largest : value)), x: grid.plot.x + x,
          y: grid.plot.y + y)
      }
    }
    return largest
  }

  /// Heads by how much their maps changed, once that is known.
  private static func drawRanking(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard region.height > 1, let drift = drawing.state.drift else { return }
    canvas.write(
      "maps that changed most (total variation, mean over queries)", x: region.x, y: region.y,
      in: region, role: .label)
    for (row, entry) in drift.largest(region.height - 1).enumerated() {
      let y = region.y + 1 + row
      let name = "  \(entry.head)  \(entry.value.fixed(4)) "
      let x = canvas.write(name, x: region.x, y: y, in: region)
      canvas.write(drawing.bar(entry.value, 20), x: x, y: y, in: region, role: .dimmed)
    }
  }

  static func status(_ drawing: Drawing) -> String {
    guard let sides = sides(drawing.state) else { return "" }
    let (a, b) = (sides.a, sides.b)
    guard a.subject.patterns.hasSize(of: b.subject.patterns) else { return "\(b.head)" }
    let (query, key) = (drawing.state.query, drawing.state.key)
    func weight(_ side: Side) -> Double {
      Double(drawing.weight(side.subject, query: query, key: key, head: side.head, side: side.side))
    }
    let (first, second) = (weight(a), weight(b))
    return "query \(query) \(drawing.glyphs.to) key \(key)  \(a.title) \(first.fixed(4))  "
      + "\(b.title) \(second.fixed(4))  \((second - first).signed(4))"
  }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? { nil }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    AtlasView.move(motion, &state, in: region)
  }
}

extension PatternSource {
  /// Whether maps have the size of another source's.
  fileprivate func hasSize(of other: any PatternSource) -> Bool {
    queryCount == other.queryCount && keyCount == other.keyCount
  }
}

extension HeadTable {
  /// The heads with the largest values above zero, the largest first.
  func largest(_ count: Int) -> [(head: HeadIndex, value: Double)] {
    let all = values.indices.map {
      (head: HeadIndex(layer: $0 / heads, head: $0 % heads), value: values[$0])
    }
    return Array(all.filter { $0.value > 0 }.sorted { $0.value > $1.value }.prefix(count))
  }
}
