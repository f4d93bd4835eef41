import Models

extension Drawing {
  /// All heads as blocks of cells, with the names of layers and heads.
  ///
  /// - Parameters:
  ///   - shade: A head's colour.
  ///   - sign: A sign in the middle of a head; nil for none.
  func drawHeads(
    _ subject: Subject, _ layout: AtlasLayout, on canvas: inout Canvas,
    shade: (HeadIndex) -> Shade, sign: (HeadIndex) -> String?
  ) {
    for layer in layout.layers {
      for head in layout.heads {
        let index = HeadIndex(layer: layer, head: head)
        let (block, shade) = (layout.block(index), shade(index))
        canvas.fill(block, Cell(shade: shade))
        let y = block.y + (block.height - 1) / 2
        if let sign = sign(index) {
          let x = block.x + block.width / 2
          canvas.put(Cell(sign, role: .strongest, shade: shade), x: x, y: y)
        }
        guard index == state.head else { continue }
        if block.width == 1 {
          canvas[block.x, y] = Cell(glyphs.crosshair, role: .selected, shade: shade)
        } else {
          canvas[block.x, y] = Cell("[", role: .selected, shade: shade)
          canvas[block.x + block.width - 1, y] = Cell("]", role: .selected, shade: shade)
        }
      }
    }
    drawGroups(subject, layout, on: &canvas)
    drawHeadLabels(layout, on: &canvas)
  }

  /// The colours of a score.
  func drawLegend(of score: ScoreTable, on canvas: inout Canvas, in region: Region) {
    let isCommon = state.subject?.scores.contains { $0.name == score.name } ?? true
    // Scores worked out on request are of the model as it is.
    let isOlder = !isCommon && state.before != nil && !score.name.hasPrefix("drift-")
    Legend(
      title: score.title, low: score.span.lowerBound.short, high: score.span.upperBound.short,
      notes: [.init(score.unit(after: ""))] + (isOlder ? ["before the change"] : [])
    ).draw(self, on: &canvas, in: region)
  }

  /// Where query heads begin that share another key/value head: a line through the row of numbers.
  private func drawGroups(
    _ subject: Subject, _ layout: AtlasLayout, on canvas: inout Canvas
  ) {
    guard subject.kvHeads < subject.patterns.heads, layout.cellWidth > 2 else { return }
    for head in layout.heads.dropFirst()
    where subject.kvHead(of: head) != subject.kvHead(of: head - 1) {
      let x = layout.block(HeadIndex(layer: layout.layers.lowerBound, head: head)).x
      let region = layout.headLabels
      canvas.write(glyphs.rule, x: x, y: region.y, in: region, role: .dimmed)
    }
  }

  private func drawHeadLabels(_ layout: AtlasLayout, on canvas: inout Canvas) {
    let chosen = state.head
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
}
