import Models

/// One of two maps that are laid side by side.
struct ComparedMap {
  let title: String
  let subject: Subject
  let head: HeadIndex
  /// Tells the tiles of the two apart.
  let side: Int

  /// The same between some of its tokens; nil where that cannot be.
  func selecting(_ positions: [Int]) -> ComparedMap? {
    guard let patterns = SelectedPatterns(subject.patterns, positions) else { return nil }
    let tokens = positions.compactMap {
      subject.keyTokens.indices.contains($0) ? subject.keyTokens[$0] : nil
    }
    return ComparedMap(
      title: title, subject: subject.with(patterns: patterns, tokens: tokens), head: head,
      side: side + 4)
  }
}

/// Two maps, and what their difference is taken of.
struct MapPair {
  /// The maps; the second one minus the first is the difference.
  let a, b: ComparedMap
  /// What is subtracted, where it is not the maps as they are; nil where nothing can be.
  let subtracted: (a: ComparedMap, b: ComparedMap)?
  /// What must be known about the difference; nil for nothing.
  let note: String?

  /// Maps of the same tokens.
  init(_ a: ComparedMap, _ b: ComparedMap) {
    (self.a, self.b) = (a, b)
    subtracted = a.subject.patterns.hasSize(of: b.subject.patterns) ? (a, b) : nil
    note = nil
  }

  /// Maps of two texts.
  ///
  /// - Parameter shown: How a token is written.
  init(
    _ a: ComparedMap, _ b: ComparedMap, _ alignment: TokenAlignment?, shown: ([UInt8]) -> String
  ) {
    (self.a, self.b) = (a, b)
    guard !a.subject.patterns.hasSize(of: b.subject.patterns) else {
      subtracted = (a, b)
      let differing = alignment?.differing ?? []
      let examples = differing.prefix(3).map {
        "\($0) \(shown(a.subject.keyBytes($0))) \(shown(b.subject.keyBytes($0)))"
      }
      note =
        differing.isEmpty
        ? nil
        : "subtracted by position, though \(differing.count) of \(alignment?.counts.first ?? 0) "
          + "tokens differ: \(examples.joined(separator: ", "))"
          + (differing.count > examples.count ? ", …" : "")
      return
    }
    guard let alignment, let first = a.selecting(alignment.first),
      let second = b.selecting(alignment.second)
    else {
      (subtracted, note) = (nil, nil)
      return
    }
    subtracted = (first, second)
    note =
      "difference of the \(alignment.first.count) tokens that stand in both texts, of "
      + "\(alignment.counts.first) and \(alignment.counts.second)"
  }
}

extension PatternSource {
  /// Whether maps have the size of another source's.
  func hasSize(of other: any PatternSource) -> Bool {
    queryCount == other.queryCount && keyCount == other.keyCount
  }
}

extension Drawing {
  /// Two maps, the second minus the first, a legend, and a line about what is subtracted.
  func drawComparison(_ pair: MapPair, on canvas: inout Canvas, in region: Region) {
    let (a, b) = (pair.a, pair.b)
    let (legend, rest) = region.bottom(region.height > 3 ? 1 : 0)
    let (line, maps) = rest.bottom(pair.note != nil && region.height > 5 ? 1 : 0)
    canvas.write(
      cut(pair.note ?? "", line.width), x: line.x, y: line.y, in: line, role: .warning)
    let width = max(1, (maps.width - 4) / 3)
    let panels = (0..<3).map {
      Region(x: maps.x + $0 * (width + 2), y: maps.y, width: width, height: maps.height)
    }
    for (panel, title) in zip(panels, [a.title, b.title, "difference"]) {
      canvas.write(cut(title, panel.width), x: panel.x, y: panel.y, in: panel, role: .title)
    }
    for (side, panel) in zip([a, b], panels) {
      drawMap(side.subject, side.head, side: side.side, on: &canvas, in: panel.top(1).rest)
    }
    let third = panels[2].top(1).rest
    guard let subtracted = pair.subtracted else {
      let why = message(
        "no difference: the prompts have other lengths, and no two tokens in common",
        columns: third.width, rows: third.height)
      for (row, text) in why.enumerated() {
        canvas.write(text, x: third.x, y: third.y + row, in: third, role: .dimmed)
      }
      return
    }
    let largest = drawDifference(subtracted.a, subtracted.b, on: &canvas, in: third)
    let high = Double(largest).fixed(2)
    let notes =
      (largest > 0 ? [] : ["the same"]) + [.init(state.scale.rawValue)] + state.lens.notes
    Legend(
      title: "second minus first", low: "-\(high)", high: "+\(high)",
      notes: notes, isSigned: true
    ).draw(self, on: &canvas, in: legend)
  }

  /// One signed value per cell; colours go from minus the largest difference to plus it.
  private func drawDifference(
    _ a: ComparedMap, _ b: ComparedMap, on canvas: inout Canvas, in region: Region
  ) -> Float {
    let patterns = b.subject.patterns
    guard region.width > 0, region.height > 0 else { return 0 }
    let zoom = HeatGrid.fit(
      queries: patterns.queryCount, keys: patterns.keyCount, width: region.width,
      height: region.height, valuesPerCell: 1)
    let grid = HeatGrid(
      queries: patterns.queryCount, keys: patterns.keyCount, zoom: zoom, origin: (0, 0),
      focus: (0, 0), in: region, valuesPerCell: 1)
    let tiles = [a, b].map { grid.tile(self, $0.subject, head: $0.head, side: $0.side) }
    let differences = zip(tiles[1].values, tiles[0].values).map { $0 - $1 }
    let found = differences.filter { !$0.isNaN }.map(abs).max() ?? 0
    // Rounding is no difference: it would be drawn in the strongest colours there are.
    let largest = found < 1e-6 ? 0 : found
    for y in 0..<grid.plot.height {
      for x in 0..<grid.plot.width {
        let (row, column) = (y / grid.down, x / grid.across)
        guard grid.isSeen(row: row, column: column, of: b.subject), row < tiles[0].rows,
          column < tiles[0].columns
        else { continue }
        let value = differences[row * tiles[0].columns + column]
        canvas.put(
          Cell(shade: .signed(largest > 0 ? value / largest : value.isNaN ? value : 0)),
          x: grid.plot.x + x,
          y: grid.plot.y + y)
      }
    }
    return largest
  }
}
