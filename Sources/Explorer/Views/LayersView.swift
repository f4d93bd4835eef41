import Models

/// A score's trend over depth: every head a point, the mean of each layer a line of marks.
enum LayersView: ExplorerView {
  /// `layers`.
  static let name = "layers"
  /// The tab's name.
  static let title = "Layers"
  /// What it shows.
  static let help = "A score's trend over depth, plotted"

  /// Where the plot and its axes lie.
  private struct Layout {
    let plot, axis, legend: Region
    let layers: Range<Int>
    let pitch: Int

    init(_ subject: Subject, _ state: ExplorerState, in region: Region) {
      let (legend, rest) = region.bottom(region.height > 4 ? 1 : 0)
      let (axis, body) = rest.bottom(rest.height > 2 ? 1 : 0)
      let (_, plot) = body.left(region.width > 24 ? 9 : 0)
      (self.plot, self.axis, self.legend) = (plot, axis, legend)
      let count = subject.patterns.layers
      pitch = (plot.width / max(1, count)).clamped(to: 1...12)
      let room = max(1, plot.width / pitch)
      let start = (state.head.layer - room / 2).clamped(to: 0...max(0, count - room))
      layers = start..<min(count, start + room)
    }

    /// The column of a layer.
    func x(_ layer: Int) -> Int { plot.x + (layer - layers.lowerBound) * pitch + pitch / 2 }
  }

  /// Every score of every head.
  static func data(_ state: ExplorerState) -> ViewData? {
    state.subject.map { .table($0.scoreData(name: name, state.scores)) }
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let subject = drawing.state.subject, let score = drawing.state.scoreTable else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let layout = Layout(subject, drawing.state, in: region)
    drawAxes(drawing, layout, score, on: &canvas, in: region)
    drawPoints(drawing, layout, subject, score, on: &canvas)
    let text =
      "\(score.title)\(score.unit(after: ", ")):  \(drawing.glyphs.dot) a head  = a layer's mean  "
      + "@ \(drawing.state.head)"
    canvas.write(
      drawing.cut(text, region.width), x: region.x, y: layout.legend.y, in: layout.legend,
      role: .label)
  }

  private static func drawAxes(
    _ drawing: Drawing, _ layout: Layout, _ score: ScoreTable, on canvas: inout Canvas,
    in region: Region
  ) {
    let plot = layout.plot
    let (labels, _) = Region(x: region.x, y: plot.y, width: region.width, height: plot.height)
      .left(plot.x - region.x)
    drawing.drawValues(of: Plot(area: plot, span: score.span), on: &canvas, in: labels)
    let digits = "L\(layout.layers.upperBound)".count
    let step = max(1, (digits + layout.pitch) / layout.pitch)
    for layer in layout.layers where layer % step == 0 || layer == drawing.state.head.layer {
      let isChosen = layer == drawing.state.head.layer
      // Where names are left out, the chosen one must not touch its neighbours.
      if !isChosen, abs(layer - drawing.state.head.layer) < step { continue }
      canvas.write(
        "L\(layer)", x: layout.x(layer), y: layout.axis.y, in: layout.axis,
        role: isChosen ? .selected : .label)
    }
  }

  private static func drawPoints(
    _ drawing: Drawing, _ layout: Layout, _ subject: Subject, _ score: ScoreTable,
    on canvas: inout Canvas
  ) {
    let state = drawing.state
    let plot = Plot(area: layout.plot, span: score.span)
    let shown = Set(state.heads())
    for layer in layout.layers {
      let values = (0..<subject.patterns.heads).map { HeadIndex(layer: layer, head: $0) }
        .filter { shown.contains($0) }.map { score.value($0) }.filter { !$0.isNaN }
      for value in values {
        guard let y = plot.y(value) else { continue }
        canvas.put(Cell(drawing.glyphs.dot), x: layout.x(layer), y: y)
      }
      guard !values.isEmpty else { continue }
      let mean = values.reduce(0, +) / Double(values.count)
      guard let y = plot.y(mean) else { continue }
      for x in max(layout.plot.x, layout.x(layer) - 1)...layout.x(layer) + 1
      where layout.plot.contains(x, y) {
        canvas.put(Cell("=", role: .strongest), x: x, y: y)
      }
    }
    guard let y = plot.y(score.value(state.head)) else { return }
    let x = layout.x(state.head.layer)
    if layout.plot.contains(x, y) { canvas.put(Cell("@", role: .selected), x: x, y: y) }
  }

  static func status(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard let subject = state.subject, let score = state.scoreTable else { return "" }
    let values = (0..<subject.patterns.heads).map {
      score.value(HeadIndex(layer: state.head.layer, head: $0))
    }.filter { !$0.isNaN }
    guard let low = values.min(), let high = values.max() else { return "\(state.head)  undefined" }
    let mean = values.reduce(0, +) / Double(values.count)
    return "\(state.head)  \(drawing.number(score.value(state.head), 0))\(score.unit(after: " "))  "
      + "L\(state.head.layer) mean \(mean.fixed(4)), \(low.fixed(4)) to \(high.fixed(4))"
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let subject = state.subject else { return }
    // Up and down go to the head whose value is next, not to the next number.
    let heads = (0..<subject.patterns.heads).map { HeadIndex(layer: state.head.layer, head: $0) }
      .sorted { (state.scoreTable?.value($0) ?? 0) < (state.scoreTable?.value($1) ?? 0) }
    let place = heads.firstIndex(of: state.head) ?? 0
    func toRank(_ rank: Int) { state.head = heads[rank.clamped(to: 0...(heads.count - 1))] }
    switch motion {
    case .up: toRank(place + 1)
    case .down: toRank(place - 1)
    case .pageUp, .firstRow: toRank(heads.count - 1)
    case .pageDown, .lastRow: toRank(0)
    case .left: state.head.layer -= 1
    case .right: state.head.layer += 1
    case .pageLeft: state.head.layer -= 8
    case .pageRight: state.head.layer += 8
    case .firstColumn: state.head.layer = 0
    case .lastColumn: state.head.layer = subject.patterns.layers - 1
    }
    state.clamp()
  }
}
