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

  private static func sides(_ state: ExplorerState) -> (a: ComparedMap, b: ComparedMap)? {
    guard let subject = state.subject else { return nil }
    let here = ComparedMap(title: "\(state.head)", subject: subject, head: state.head, side: 0)
    switch state.compared {
    case .heads:
      let other = state.otherHead
      return (ComparedMap(title: "\(other)", subject: subject, head: other, side: 0), here)
    case .change:
      let before = state.before ?? subject
      return (
        ComparedMap(title: "\(state.head) before", subject: before, head: state.head, side: 1),
        ComparedMap(title: "\(state.head) after", subject: subject, head: state.head, side: 0)
      )
    case .prompts:
      let other = state.otherSubject ?? subject
      return (
        ComparedMap(
          title: "\(state.head), other prompt", subject: other, head: state.head, side: 2),
        ComparedMap(
          title: "\(state.head), this prompt", subject: subject, head: state.head, side: 0)
      )
    }
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let sides = sides(drawing.state) else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let (list, maps) = region.bottom(region.height >= 19 ? min(8, region.height / 4) : 0)
    drawing.drawComparison(sides.a, sides.b, on: &canvas, in: maps)
    drawRanking(drawing, on: &canvas, in: list)
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
    func weight(_ side: ComparedMap) -> Double {
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

extension HeadTable {
  /// The heads with the largest values above zero, the largest first.
  func largest(_ count: Int) -> [(head: HeadIndex, value: Double)] {
    let all = values.indices.map {
      (head: HeadIndex(layer: $0 / heads, head: $0 % heads), value: values[$0])
    }
    return Array(all.filter { $0.value > 0 }.sorted { $0.value > $1.value }.prefix(count))
  }
}
