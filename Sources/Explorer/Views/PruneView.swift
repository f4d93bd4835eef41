import Analysis
import Models

/// Heads by how much they are needed, and what the model loses as the least needed ones go.
enum PruneView: ExplorerView {
  /// `prune`.
  static let name = "prune"
  /// The tab's name.
  static let title = "Prune"
  /// What it shows.
  static let help = "Heads by need, the loss as they go"

  private struct Layout {
    let title, labels, axis, legend, atlas, list: Region
    let plot: Plot
    let columns: [Int]

    init(_ curve: PruneCurve, in region: Region) {
      let (title, rest) = region.top(1)
      let (legend, main) = rest.bottom(rest.height > 6 ? 1 : 0)
      let side = region.width >= 60 ? (region.width * 2 / 5).clamped(to: 28...56) : 0
      let (right, left) = main.right(side)
      let body = left.left(left.width - (side > 0 ? 2 : 0)).left
      let (axis, upper) = body.bottom(body.height > 3 ? 1 : 0)
      let (labels, area) = upper.left(body.width > 24 ? 9 : 0)
      (self.title, self.labels, self.legend, self.axis) = (title, labels, legend, axis)
      // The atlas has a row of numbers, one of blanks and a legend beside its layers.
      let layers = curve.importance.layers
      (atlas, list) = right.top(min(layers + 3, right.height * 2 / 3))
      let losses = curve.points.flatMap { [$0.loss] + $0.random }.filter { !$0.isNaN }
      plot = Plot(area: area, span: (losses.min() ?? 0)...(losses.max() ?? 0))
      let last = max(1, curve.importance.values.count - 1)
      columns = curve.points.map { point in
        area.x + max(0, area.width - 1) * min(last, point.mask.removed.count) / last
      }
    }
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    let state = drawing.state
    guard let run = state.run else { return drawing.drawMessage(on: &canvas, in: region) }
    guard let curve = state.pruning.curve, let point = state.pruning.point else {
      return drawing.drawWaiting(for: questions(state), on: &canvas, in: region)
    }
    let layout = Layout(curve, in: region)
    drawTitle(drawing, curve, on: &canvas, in: layout.title)
    drawPlot(drawing, curve, layout, on: &canvas)
    if layout.atlas.width > 0 {
      drawAtlas(drawing, run, curve, point, on: &canvas, in: layout.atlas)
      drawList(drawing, curve, point, on: &canvas, in: layout.list)
    }
    let text =
      "\(drawing.glyphs.star) this order  \(drawing.glyphs.dot) random order  @ here  x gone"
      + "  Enter runs without them"
    canvas.write(
      drawing.cut(text, layout.legend.width), x: layout.legend.x, y: layout.legend.y,
      in: layout.legend, role: .dimmed)
  }

  private static func drawTitle(
    _ drawing: Drawing, _ curve: PruneCurve, on canvas: inout Canvas, in region: Region
  ) {
    var text = "\(curve.title), lowest out first: the loss on \(curve.judged)"
    var role = Role.title
    let wanted = drawing.state.pruneRequest
    if curve.request != wanted {
      let why = drawing.state.answers.refusal(Question(.pruning(wanted)))
      text = "\(wanted.measure): \(why ?? "being worked out"); shown: \(curve.title)"
      role = why == nil ? .warning : .error
    }
    canvas.write(
      drawing.cut(text, region.width), x: region.x, y: region.y, in: region, role: role)
  }

  private static func drawPlot(
    _ drawing: Drawing, _ curve: PruneCurve, _ layout: Layout, on canvas: inout Canvas
  ) {
    let (plot, place) = (layout.plot, drawing.state.pruning.place)
    drawing.drawValues(of: plot, on: &canvas, in: layout.labels)
    func put(_ glyph: String, _ role: Role, _ x: Int, _ value: Double) {
      guard let y = plot.y(value), plot.area.contains(x, y) else { return }
      canvas.put(Cell(glyph, role: role), x: x, y: y)
    }
    for (point, x) in zip(curve.points, layout.columns) {
      put(drawing.glyphs.dot, .dimmed, x, point.randomMean)
    }
    if layout.columns.indices.contains(place) {
      for y in plot.area.rows where plot.area.contains(layout.columns[place], y) {
        canvas.put(Cell(drawing.glyphs.rule, role: .dimmed), x: layout.columns[place], y: y)
      }
    }
    for (point, x) in zip(curve.points, layout.columns) {
      put(drawing.glyphs.star, .plain, x, point.loss)
    }
    guard layout.columns.indices.contains(place) else { return }
    put("@", .selected, layout.columns[place], curve.points[place].loss)
    let all = curve.importance.values.count
    let (axis, left) = (layout.axis, "\(all - curve.points[place].mask.removed.count) left")
    let room = max(plot.area.x, axis.x + axis.width - left.count)
    let x = (layout.columns[place] - 1).clamped(to: plot.area.x...room)
    // The ends are named where the cursor's own number leaves room for them.
    if x > plot.area.x + "\(all)".count {
      canvas.write("\(all)", x: plot.area.x, y: axis.y, in: axis, role: .label)
    }
    let last = "1"
    if x + left.count < axis.x + axis.width - last.count {
      canvas.writeRight(last, y: axis.y, in: axis, role: .label)
    }
    canvas.write(left, x: x, y: axis.y, in: axis, role: .selected)
  }

  private static func drawAtlas(
    _ drawing: Drawing, _ run: Subject, _ curve: PruneCurve, _ point: Pruning.Point,
    on canvas: inout Canvas, in region: Region
  ) {
    let layout = AtlasLayout(run, cursor: drawing.state.head, in: region)
    let score = score(curve)
    drawing.drawHeads(run, layout, on: &canvas) {
      .level(score.level($0))
    } sign: {
      point.mask.removed.contains($0) ? "x" : nil
    }
    Legend(
      title: "need", low: score.span.lowerBound.short, high: score.span.upperBound.short
    ).draw(drawing, on: &canvas, in: layout.legend)
  }

  /// Heads in the order in which they go.
  private static func drawList(
    _ drawing: Drawing, _ curve: PruneCurve, _ point: Pruning.Point, on canvas: inout Canvas,
    in region: Region
  ) {
    let (heading, list) = region.top(1)
    guard list.height > 0 else { return }
    canvas.write(
      "   #  head        need", x: heading.x, y: heading.y, in: heading, role: .label)
    let cursor = curve.order.firstIndex(of: drawing.state.head) ?? 0
    let rows = Columns(count: curve.order.count, cursor: cursor, in: list)
    for row in rows.visible {
      let head = curve.order[row]
      let isChosen = head == drawing.state.head
      let name = "\(head)"
      let text =
        drawing.padded("\(row + 1)", 4) + (isChosen ? drawing.glyphs.pointRight : " ")
        + (point.mask.removed.contains(head) ? "x" : " ") + name
        + String(repeating: " ", count: max(0, 8 - name.count))
        + drawing.number(curve.importance[head], 9)
      canvas.write(
        text, x: list.x, y: rows.y(row), in: list, role: isChosen ? .selected : .plain)
    }
  }

  /// The importance as a score, with its own range.
  private static func score(_ curve: PruneCurve) -> ScoreTable {
    ScoreTable(
      name: curve.request.measure, title: curve.title, unit: "", table: curve.importance)
  }

  /// The head under the cursor, too.
  static func spoken(_ drawing: Drawing) -> String {
    let (text, head) = (status(drawing), drawing.state.head)
    guard let curve = drawing.state.pruning.curve, let rank = curve.order.firstIndex(of: head)
    else { return text }
    let need = drawing.number(curve.importance[head], 0)
    return "\(text); \(head) goes at place \(rank + 1), need \(need)"
  }

  static func status(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard let curve = state.pruning.curve, let point = state.pruning.point,
      let first = curve.points.first
    else { return "" }
    let all = curve.importance.values.count
    return "\(all - point.mask.removed.count) of \(all) heads left  "
      + "loss \(point.loss.visible(3)) (\((point.loss - first.loss).change))  "
      + "accuracy \(point.accuracy.fixed(2))  random \(point.randomMean.visible(3))"
  }

  /// The points of the curve.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let curve = state.pruning.curve else { return nil }
    let all = curve.importance.values.count
    var table = DataTable(name)
    table.add("removed", .integers(curve.points.map { $0.mask.removed.count }))
    table.add("left", .integers(curve.points.map { all - $0.mask.removed.count }))
    table.add("loss", .numbers(curve.points.map(\.loss)))
    table.add("accuracy", .numbers(curve.points.map(\.accuracy)))
    table.add("random_loss", .numbers(curve.points.map(\.randomMean)))
    table.add("random_deviation", .numbers(curve.points.map(\.randomDeviation)))
    return .table(table)
  }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? {
    guard let run = state.run, let curve = state.pruning.curve else { return nil }
    let layout = Layout(curve, in: region)
    if layout.atlas.contains(x, y) {
      return AtlasLayout(run, cursor: state.head, in: layout.atlas).head(atX: x, y: y)
        .map { .goto($0) }
    }
    guard layout.plot.area.contains(x, y) else { return nil }
    let nearest = layout.columns.indices.min {
      abs(layout.columns[$0] - x) < abs(layout.columns[$1] - x)
    }
    return nearest.map { place in
      .change { state in
        state.pruning.place = place
        return []
      }
    }
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let curve = state.pruning.curve else { return }
    let last = curve.points.count - 1
    func go(to place: Int) { state.pruning.place = place.clamped(to: 0...last) }
    func choose(_ rank: Int) {
      state.head = curve.order[rank.clamped(to: 0...(curve.order.count - 1))]
    }
    let rank = curve.order.firstIndex(of: state.head) ?? 0
    switch motion {
    case .left: go(to: state.pruning.place - 1)
    case .right: go(to: state.pruning.place + 1)
    case .pageLeft: go(to: state.pruning.place - 5)
    case .pageRight: go(to: state.pruning.place + 5)
    case .firstColumn: go(to: 0)
    case .lastColumn: go(to: last)
    case .up: choose(rank - 1)
    case .down: choose(rank + 1)
    case .pageUp: choose(rank - 5)
    case .pageDown: choose(rank + 5)
    case .firstRow: choose(0)
    case .lastRow: choose(curve.order.count - 1)
    }
  }

  static func questions(_ state: ExplorerState) -> [Question] {
    [Question(.pruning(state.pruneRequest))]
  }
}
