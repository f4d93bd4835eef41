import Analysis
import Models
import Tokenizers

/// What the model writes, step by step, each with a row of attention for every layer.
enum GenerateView: ExplorerView {
  /// `generate`.
  static let name = "generate"
  /// The tab's name.
  static let title = "Generate"
  /// What it shows.
  static let help = "What it writes, and what it looks at"

  private struct Layout {
    let title, text, heading, map, numbers, legend, list: Region

    init(_ layers: Int, in region: Region) {
      let (title, rest) = region.top(1)
      let (legend, main) = rest.bottom(rest.height > 6 ? 1 : 0)
      let (text, lower) = main.top(main.height >= 10 ? (main.height / 4).clamped(to: 2...6) : 1)
      let (heading, body) = lower.top(lower.height > 3 ? 1 : 0)
      let (list, left) = body.right(region.width >= 60 ? 22 : 0)
      let (top, _) = left.top(min(left.height, layers + 1))
      let (numbers, map) = top.bottom(top.height > 2 ? 1 : 0)
      (self.title, self.text, self.heading) = (title, text, heading)
      (self.map, self.numbers, self.legend, self.list) = (map, numbers, legend, list)
    }
  }

  /// The step that is looked at, as far as the text goes.
  private static func step(_ state: ExplorerState) -> Int {
    state.writing.step.clamped(to: 0...max(0, state.written.tokens.count - 1))
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    let state = drawing.state
    guard let run = state.run else { return drawing.drawMessage(on: &canvas, in: region) }
    guard let maps = state.written.patterns else {
      return drawing.drawWaiting(for: questions(state), on: &canvas, in: region)
    }
    let layout = Layout(maps.layers, in: region)
    let text = transcript(state, run, maps)
    drawTitle(drawing, on: &canvas, in: layout.title)
    drawText(drawing, text, on: &canvas, in: layout.text)
    drawRows(drawing, text, maps, layout, on: &canvas)
    drawPointers(drawing, on: &canvas, in: layout.list)
  }

  private static func transcript(
    _ state: ExplorerState, _ run: Subject, _ maps: any PatternSource
  ) -> Transcript {
    Transcript(run, state.written.tokens.map(\.token), step: step(state), maps)
  }

  private static func shown(_ drawing: Drawing, _ token: Token) -> String {
    TokenText.shown(token.bytes, charset: drawing.appearance.charset)
  }

  /// The chosen step: what was written, how sure it was, and what came next in line.
  private static func drawTitle(
    _ drawing: Drawing, on canvas: inout Canvas, in region: Region
  ) {
    canvas.write(
      drawing.cut(title(drawing), region.width), x: region.x, y: region.y, in: region, role: .title)
  }

  private static func title(_ drawing: Drawing) -> String {
    let state = drawing.state
    let (tokens, step) = (state.written.tokens, step(state))
    guard tokens.indices.contains(step) else { return "" }
    let guesses = tokens[step].candidates.map { guess in
      "\(TokenText.shown(guess.bytes, charset: drawing.appearance.charset)) "
        + guess.probability.fixed(2)
    }
    var text = "token \(step + 1) of \(tokens.count): \(guesses.first ?? "")"
    let own = state.writing.text(Alteration()).tokens
    if !state.alteration.isNone, own.indices.contains(step) {
      text += ", unchanged it wrote \(shown(drawing, own[step].token))"
    }
    let others = guesses.dropFirst().prefix(3).joined(separator: ", ")
    if !others.isEmpty { text += "; then \(others)" }
    if let nextToken = state.nextToken {
      text += "; \(state.answers.refusal(nextToken) ?? "writing")"
    }
    return text
  }

  static func spoken(_ drawing: Drawing) -> String {
    guard drawing.state.written.patterns != nil else {
      return questions(drawing.state).lazy.compactMap(drawing.state.answers.refusal).first ?? ""
    }
    return "\(title(drawing)); \(status(drawing))"
  }

  /// The text around the chosen step: the prompt dimmed, what was written plain.
  private static func drawText(
    _ drawing: Drawing, _ transcript: Transcript, on canvas: inout Canvas, in region: Region
  ) {
    guard region.width > 0, region.height > 0 else { return }
    let (read, cursor) = (transcript.readCount, transcript.readCount + step(drawing.state))
    var places: [(row: Int, x: Int, text: String)] = []
    var (row, x) = (0, 0)
    let running = RunningText(like: Array(transcript.tokens.prefix(read)))
    for (place, token) in transcript.tokens.enumerated() {
      let text = drawing.cut(
        running.shown(
          token, after: place > 0 ? transcript.tokens[place - 1] : nil,
          charset: drawing.appearance.charset), region.width)
      let width = ColumnWidth.of(text)
      if x > 0, x + width > region.width { (row, x) = (row + 1, 0) }
      places.append((row, x, text))
      x += width
    }
    let chosen = places.indices.contains(cursor) ? places[cursor].row : 0
    // The last rows of the text are seen until the cursor goes further back.
    let top = max(0, min(row - region.height + 1, chosen))
    for (position, place) in places.enumerated()
    where place.row >= top && place.row < top + region.height {
      let role: Role =
        position == cursor ? .cursor : position < read ? .dimmed : .strongest
      canvas.write(
        place.text, x: region.x + place.x, y: region.y + place.row - top, in: region, role: role)
    }
  }

  /// A row of weights for each layer, from the position that chose the token.
  private static func drawRows(
    _ drawing: Drawing, _ transcript: Transcript, _ maps: any PatternSource, _ layout: Layout,
    on canvas: inout Canvas
  ) {
    let state = drawing.state
    let step = step(state)
    let (labels, plot) = layout.map.left(layout.map.width > 20 ? 5 : 0)
    let keys = transcript.visible.count
    let pool = max(1, (keys + max(1, plot.width) - 1) / max(1, plot.width))
    let across = pool > 1 ? 1 : (plot.width / max(1, keys)).clamped(to: 1...3)
    let rows = Columns(count: maps.layers, cursor: state.head.layer, in: layout.map)
    let seen = rows.visible.map { weights(drawing, maps, layer: $0, transcript) }
    let levels = state.scale.levels(of: seen.flatMap { $0 })
    let pointers = state.written.tokens[step].pointers.filter {
      transcript.showsPointers
        && (state.writing.pool != .head || $0.head.head == state.head.head)
    }
    for (layer, weights) in zip(rows.visible, seen) where layout.map.height > 0 {
      let isChosen = layer == state.head.layer
      let name = "\(isChosen ? drawing.glyphs.pointRight : " ")L\(layer)"
      canvas.write(
        name, x: labels.x, y: rows.y(layer), in: labels, role: isChosen ? .selected : .label)
      for start in stride(from: 0, to: keys, by: pool) {
        let part = weights[start..<min(keys, start + pool)]
        let isPointed = pointers.contains { $0.head.layer == layer && part.indices ~= $0.key }
        let shade = Shade.level(levels.level(part.max() ?? .nan))
        for x in 0..<across {
          let glyph = isPointed && x == across / 2 ? drawing.glyphs.pointer : " "
          let place = plot.x + start / pool * across + x
          guard plot.contains(place, rows.y(layer)) else { continue }
          let role: Role = isPointed ? .strongest : .plain
          canvas.put(Cell(glyph, role: role, shade: shade), x: place, y: rows.y(layer))
        }
      }
    }
    let heads =
      state.writing.pool == .head
      ? "H\(state.head.head) of each layer" : "\(state.writing.pool.rawValue) of the layer's heads"
    canvas.write(
      drawing.cut("\(kind(state)) of this step by key, \(heads)", layout.heading.width),
      x: layout.heading.x, y: layout.heading.y, in: layout.heading, role: .label)
    drawNumbers(keys, pool: pool, across: across, x: plot.x, on: &canvas, in: layout.numbers)
    var notes = [Legend.Note(state.scale.rawValue)]
    if pool > 1 { notes.append(.init("max of \(pool) keys")) }
    notes.append(
      transcript.showsPointers
        ? .init(
          "\(drawing.glyphs.pointer) a head's strongest key is the token written",
          short: "\(drawing.glyphs.pointer) a head points at the token")
        : "E shows cross attention")
    Legend(
      title: "weight", low: levels.ends.0, high: levels.ends.1, notes: notes
    ).draw(drawing, on: &canvas, in: layout.legend)
  }

  /// Which attention is shown.
  private static func kind(_ state: ExplorerState) -> String {
    guard let run = state.run, run.beginning != nil else { return "attention" }
    return run.stream == .cross ? "cross attention" : "the decoder's own attention"
  }

  /// One layer's weights from a query, of the heads that a row stands for.
  private static func weights(
    _ drawing: Drawing, _ maps: any PatternSource, layer: Int, _ transcript: Transcript
  ) -> [Float] {
    let pool = drawing.state.writing.pool
    let source = pool == .head ? maps : PooledPatterns(maps, pool)
    let side = 16 + (Lens.Pool.allCases.firstIndex(of: pool) ?? 0)
    return drawing.tiles.tile(
      source, sight: .init(drawing.state.written.number, side),
      head: HeadIndex(layer: layer, head: drawing.state.head.head),
      rows: transcript.query..<transcript.query + 1, columns: transcript.visible, pool: 1
    ).values
  }

  private static func drawNumbers(
    _ keys: Int, pool: Int, across: Int, x: Int, on canvas: inout Canvas, in region: Region
  ) {
    var free = x
    for key in stride(from: 0, to: keys, by: pool) {
      let place = x + key / pool * across
      guard place >= free else { continue }
      let end = canvas.write("\(key)", x: place, y: region.y, in: region, role: .dimmed)
      free = max(end + 1, place + 8)
    }
  }

  /// Heads that pointed at the token in the prompt.
  private static func drawPointers(
    _ drawing: Drawing, on canvas: inout Canvas, in region: Region
  ) {
    let (heading, list) = region.top(1)
    guard list.height > 0, region.width > 0 else { return }
    let pointers = drawing.state.written.tokens[step(drawing.state)].pointers
    let (heads, rest) = (heading.left(2).rest, list.left(2).rest)
    let isCross = drawing.state.run?.beginning != nil
    let (some, none) =
      isCross
      ? ("cross heads at it", "no cross head at it")
      : ("heads pointing at it", "no head points at it")
    canvas.write(
      drawing.cut(pointers.isEmpty ? none : some, heads.width),
      x: heads.x, y: heads.y, in: heads, role: .label)
    for (row, pointer) in pointers.prefix(list.height).enumerated() {
      let isChosen = pointer.head == drawing.state.head
      let name = "\(pointer.head)"
      let text =
        (isChosen ? drawing.glyphs.pointRight : " ") + name
        + String(repeating: " ", count: max(1, 8 - name.count)) + Double(pointer.weight).fixed(2)
        + " at \(pointer.key)"
      canvas.write(
        drawing.cut(text, rest.width), x: rest.x, y: rest.y + row, in: rest,
        role: isChosen ? .selected : .plain)
    }
  }

  static func status(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard let run = state.run, let maps = state.written.patterns else { return "" }
    let text = transcript(state, run, maps)
    let weights = weights(drawing, maps, layer: state.head.layer, text)
    guard let best = weights.indices.max(by: { weights[$0] < weights[$1] }) else { return "" }
    func exact(_ tokens: [Token], _ position: Int) -> String {
      guard tokens.indices.contains(position) else { return "\(position)" }
      let text = TokenText.exact(tokens[position].bytes, charset: drawing.appearance.charset)
      return "\(position) \(TokenText.cut(text, columns: 20, charset: drawing.appearance.charset))"
    }
    let row =
      state.writing.pool == .head
      ? "\(state.head)" : "L\(state.head.layer) \(state.writing.pool.rawValue)"
    return "\(row)  query \(exact(text.queries, text.query)) \(drawing.glyphs.to) "
      + "strongest key \(exact(text.keys, best))  "
      + Double(weights[best]).fixed(4)
  }

  /// The tokens that were written, with how sure the model was and how many heads pointed at them.
  static func data(_ state: ExplorerState) -> ViewData? {
    let tokens = state.written.tokens
    guard !tokens.isEmpty else { return nil }
    var table = DataTable(name)
    table.add("step", .integers(Array(tokens.indices)))
    table.add("id", .integers(tokens.map(\.token.id)))
    table.add("piece", .texts(tokens.map(\.token.piece)))
    table.add("probability", .numbers(tokens.map { $0.candidates.first?.probability ?? .nan }))
    table.add("pointers", .integers(tokens.map(\.pointers.count)))
    return .table(table)
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    let last = max(0, state.written.tokens.count - 1)
    let here = step(state)
    func go(to step: Int) { state.writing.step = step.clamped(to: 0...last) }
    switch motion {
    case .left: go(to: here - 1)
    case .right: go(to: here + 1)
    case .pageLeft: go(to: here - 8)
    case .pageRight: go(to: here + 8)
    case .firstColumn: go(to: 0)
    case .lastColumn: go(to: last)
    case .up: state.head.layer -= 1
    case .down: state.head.layer += 1
    case .pageUp: state.head.layer -= max(1, region.height / 3)
    case .pageDown: state.head.layer += max(1, region.height / 3)
    case .firstRow: state.head.layer = 0
    case .lastRow: state.head.layer = max(0, (state.run?.patterns.layers ?? 1) - 1)
    }
  }

  static func questions(_ state: ExplorerState) -> [Question] {
    [state.nextToken].compactMap { $0 }
  }
}
