import Models

/// All heads of the model, coloured by one score; the map of the head under the cursor beside them.
enum AtlasView: ExplorerView {
  /// `atlas`.
  static let name = "atlas"
  /// The tab's name.
  static let title = "Atlas"
  /// What it shows.
  static let help = "All heads, coloured by a score"

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let subject = drawing.state.subject else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    let layout = AtlasLayout(subject, cursor: drawing.state.head, in: region)
    drawGrid(drawing, layout, on: &canvas)
    drawGroups(drawing, subject, layout, on: &canvas)
    drawLabels(drawing, layout, on: &canvas)
    if let score = drawing.state.scoreTable {
      Legend(
        title: score.title, low: score.span.lowerBound.short, high: score.span.upperBound.short,
        note: score.unit
      ).draw(on: &canvas, in: layout.legend)
    }
    if let side = layout.side { drawing.drawHeadPanel(subject, on: &canvas, in: side) }
  }

  private static func drawGrid(
    _ drawing: Drawing, _ layout: AtlasLayout, on canvas: inout Canvas
  ) {
    let score = drawing.state.scoreTable
    for layer in layout.layers {
      for head in layout.heads {
        let index = HeadIndex(layer: layer, head: head)
        let shade: Shade = drawing.state.passes(index) ? .level(score?.level(index) ?? .nan) : .none
        let block = layout.block(index)
        canvas.fill(block, Cell(shade: shade))
        let y = block.y + (block.height - 1) / 2
        drawMark(drawing, index, shade, in: block, y: y, on: &canvas)
        guard index == drawing.state.head else { continue }
        if block.width == 1 {
          canvas[block.x, y] = Cell(drawing.glyphs.crosshair, role: .selected, shade: shade)
        } else {
          canvas[block.x, y] = Cell("[", role: .selected, shade: shade)
          canvas[block.x + block.width - 1, y] = Cell("]", role: .selected, shade: shade)
        }
      }
    }
  }

  /// Knocked out, selected, noted, or the second score's tenth: one sign in the middle of a head.
  private static func drawMark(
    _ drawing: Drawing, _ head: HeadIndex, _ shade: Shade, in block: Region, y: Int,
    on canvas: inout Canvas
  ) {
    let state = drawing.state
    let sign: String
    if state.alteration.knockedOut.contains(head) {
      sign = "x"
    } else if state.selected.contains(head) {
      sign = "*"
    } else if let second = state.scores.first(where: { $0.name == state.secondScore }) {
      let level = second.level(head)
      sign = level.isNaN ? drawing.glyphs.undefined : "\(Ramp.step(level, of: 10) ?? 0)"
    } else if state.notes[head] != nil {
      sign = "!"
    } else {
      return
    }
    canvas.put(Cell(sign, role: .strongest, shade: shade), x: block.x + block.width / 2, y: y)
  }

  /// Where query heads begin that share another key/value head: a line through the row of numbers.
  private static func drawGroups(
    _ drawing: Drawing, _ subject: Subject, _ layout: AtlasLayout, on canvas: inout Canvas
  ) {
    guard subject.kvHeads < subject.patterns.heads, layout.cellWidth > 2 else { return }
    for head in layout.heads.dropFirst()
    where subject.kvHead(of: head) != subject.kvHead(of: head - 1) {
      let x = layout.block(HeadIndex(layer: layout.layers.lowerBound, head: head)).x
      let region = layout.headLabels
      canvas.write(drawing.glyphs.rule, x: x, y: region.y, in: region, role: .dimmed)
    }
  }

  private static func drawLabels(
    _ drawing: Drawing, _ layout: AtlasLayout, on canvas: inout Canvas
  ) {
    let chosen = drawing.state.head
    for layer in layout.layers {
      let block = layout.block(HeadIndex(layer: layer, head: layout.heads.lowerBound))
      let role: Role = layer == chosen.layer ? .selected : .label
      let (inner, _) = layout.layerLabels.left(layout.layerLabels.width - 1)
      canvas.writeRight("L\(layer)", y: block.y + (block.height - 1) / 2, in: inner, role: role)
    }
    // Number every head that has room for its number and a blank.
    let digits = "\(layout.heads.upperBound - 1)".count
    let step = [1, 2, 5, 10, 20].first { $0 * layout.cellWidth > digits } ?? 50
    func label(_ head: Int, _ role: Role) {
      let block = layout.block(HeadIndex(layer: layout.layers.lowerBound, head: head))
      let text = "\(head)"
      let x = block.x + max(0, (block.width - text.count) / 2)
      let region = layout.headLabels
      // A number cut off at the edge would be read as another number.
      guard x + text.count <= region.x + region.width else { return }
      canvas.write(text, x: x, y: region.y, in: region, role: role)
    }
    for head in layout.heads where head % step == 0 { label(head, .label) }
    let block = layout.block(chosen)
    if chosen.head % step != 0 {
      for x in (block.x - digits)...(block.x + digits) where layout.headLabels.columns.contains(x) {
        canvas[x, layout.headLabels.y] = Cell()
      }
    }
    label(chosen.head, .selected)
  }

  static func status(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard state.subject != nil, let score = state.scoreTable else { return "" }
    let value = score.value(state.head)
    let number = value.isNaN ? "undefined" : "\(value.fixed(4)) \(score.unit)"
    let second = state.scores.first { $0.name == state.secondScore }.map {
      "  digits: \($0.name) \(drawing.number($0.value(state.head), 0)) \($0.unit)"
    }
    return "\(state.head)  \(score.title)  \(number)" + (second ?? "")
  }

  /// Every score of every head.
  static func data(_ state: ExplorerState) -> ViewData? {
    state.subject.map { .table($0.scoreData(name: name)) }
  }

  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? {
    guard let subject = state.subject else { return nil }
    let layout = AtlasLayout(subject, cursor: state.head, in: region)
    return layout.head(atX: x, y: y).map { $0 == state.head ? .enter : .goto($0) }
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let subject = state.subject else { return }
    let layout = AtlasLayout(subject, cursor: state.head, in: region)
    let (page, wide) = (max(1, layout.layers.count / 2), max(1, layout.heads.count / 2))
    switch motion {
    case .up: state.head.layer -= 1
    case .down: state.head.layer += 1
    case .left: state.head.head -= 1
    case .right: state.head.head += 1
    case .pageUp: state.head.layer -= page
    case .pageDown: state.head.layer += page
    case .pageLeft: state.head.head -= wide
    case .pageRight: state.head.head += wide
    case .firstRow: state.head.layer = 0
    case .lastRow: state.head.layer = subject.patterns.layers - 1
    case .firstColumn: state.head.head = 0
    case .lastColumn: state.head.head = subject.patterns.heads - 1
    }
    state.clamp()
  }
}
