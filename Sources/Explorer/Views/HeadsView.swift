import Models

/// What small multiples lay out.
enum Multiples: String, Sendable, CaseIterable {
  /// All heads of the chosen layer.
  case heads
  /// The chosen head of all layers.
  case layers
}

/// Small maps side by side: all heads of a layer, or a head in all layers, one of them enlarged.
enum HeadsView: ExplorerView {
  /// `heads`.
  static let name = "heads"
  /// The tab's name.
  static let title = "Heads"
  /// What it shows.
  static let help = "Small maps of a layer's heads"

  /// Where the small maps and the large one lie.
  private struct Layout {
    let small: Region
    let large, legend: Region
    let across, width, height: Int
    let visible: Range<Int>

    init(_ count: Int, chosen: Int, _ appearance: Appearance, in region: Region) {
      let (legend, body) = region.bottom(region.height > 3 ? 1 : 0)
      self.legend = legend
      if body.width >= 50 {
        let (right, left) = body.right(body.width * 2 / 5)
        (large, small) = (right, left.left(left.width - 2).left)
      } else {
        (large, small) = (Region(x: body.x, y: body.y, width: 0, height: 0), body)
      }
      // As large as lets all be seen, from 16 columns down to 6; a title above each.
      let area = small
      func shape(_ width: Int) -> (across: Int, height: Int) {
        (max(1, area.width / (width + 1)), width / 2 + 1)
      }
      let fitting = [24, 20, 16, 12, 10, 8, 6].first { width in
        let shape = shape(width)
        return (count + shape.across - 1) / shape.across * shape.height <= area.height
      }
      let chosenWidth = min(max(1, area.width), fitting ?? 6)
      width = chosenWidth
      (across, height) = shape(chosenWidth)
      let perPage = max(1, small.height / height) * across
      let start = chosen / perPage * perPage
      visible = start..<max(start, min(count, start + perPage))
    }

    /// The cells of one small map, its title the first row.
    func block(_ index: Int) -> Region {
      let place = index - visible.lowerBound
      return Region(
        x: small.x + place % across * (width + 1), y: small.y + place / across * height,
        width: width, height: height)
    }
  }

  private static func heads(_ state: ExplorerState) -> (list: [HeadIndex], chosen: Int) {
    guard let patterns = state.subject?.patterns else { return ([], 0) }
    switch state.multiples {
    case .heads:
      return (
        (0..<patterns.heads).map { HeadIndex(layer: state.head.layer, head: $0) }, state.head.head
      )
    case .layers:
      return (
        (0..<patterns.layers).map { HeadIndex(layer: $0, head: state.head.head) }, state.head.layer
      )
    }
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let subject = drawing.state.subject else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let (list, chosen) = heads(drawing.state)
    let layout = Layout(list.count, chosen: chosen, drawing.appearance, in: region)
    for index in layout.visible {
      let block = layout.block(index)
      guard block.y + block.height <= layout.small.y + layout.small.height || index == chosen
      else { continue }
      let isChosen = index == chosen
      let title = drawing.state.multiples == .heads ? "H\(index)" : "L\(index)"
      let mark = drawing.state.selected.contains(list[index]) ? "*" : ""
      let (name, map) = block.top(1)
      canvas.write(
        (isChosen ? drawing.glyphs.pointRight : "") + title + mark, x: name.x, y: name.y, in: name,
        role: isChosen ? .selected : .label)
      drawing.drawMap(subject, list[index], on: &canvas, in: map)
    }
    let (name, map) = layout.large.top(1)
    canvas.write("\(drawing.state.head)", x: name.x, y: name.y, in: name, role: .title)
    drawing.drawMap(subject, drawing.state.head, on: &canvas, in: map)
    Legend(
      title: "weight", low: drawing.state.scale == .log ? "1e-4" : "0", high: "1",
      notes: [.init(drawing.state.scale.rawValue)] + drawing.state.lens.notes
    ).draw(drawing, on: &canvas, in: layout.legend)
  }

  static func status(_ drawing: Drawing) -> String { AtlasView.status(drawing) }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? {
    let (list, chosen) = heads(state)
    let layout = Layout(list.count, chosen: chosen, state.appearance, in: region)
    let index = layout.visible.first { layout.block($0).contains(x, y) }
    return index.map { list[$0] == state.head ? .enter : .goto(list[$0]) }
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    let (list, chosen) = heads(state)
    guard !list.isEmpty else { return }
    let layout = Layout(list.count, chosen: chosen, state.appearance, in: region)
    let page = max(1, layout.visible.count)
    let next =
      switch motion {
      case .up: chosen - layout.across
      case .down: chosen + layout.across
      case .left: chosen - 1
      case .right: chosen + 1
      case .pageUp, .pageLeft: chosen - page
      case .pageDown, .pageRight: chosen + page
      case .firstRow, .firstColumn: 0
      case .lastRow, .lastColumn: list.count - 1
      }
    // A step up or down that leaves the list stays where it is, as in a table.
    guard list.indices.contains(next) || motion == .pageUp || motion == .pageDown else { return }
    state.head = list[next.clamped(to: 0...(list.count - 1))]
  }
}

extension Drawing {
  /// A whole map, as large as a region allows; says how queries were sampled, when they were.
  @discardableResult
  func drawMap(
    _ subject: Subject, _ head: HeadIndex, side: Int = 0, on canvas: inout Canvas, in region: Region
  ) -> HeatGrid? {
    guard region.width > 0, region.height > 0 else { return nil }
    let (queries, keys) = (subject.patterns.queryCount, subject.patterns.keyCount)
    let values = appearance.valuesPerCell
    let zoom = HeatGrid.fit(
      queries: queries, keys: keys, width: region.width, height: region.height,
      valuesPerCell: values)
    let grid = HeatGrid(
      queries: queries, keys: keys, zoom: zoom, origin: (0, 0), focus: (0, 0), in: region,
      valuesPerCell: values)
    grid.draw(self, subject, head: head, side: side, on: &canvas)
    return grid
  }
}
