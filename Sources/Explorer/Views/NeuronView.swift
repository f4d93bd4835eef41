import Models

/// Why a query looks at a key: its query vector, the key's, their product dimension by dimension, and
/// the sum of it, beside the same for other keys.
///
/// Source: the neuron view of BertViz, Vig 2019, "A Multiscale Visualization of Attention".
enum NeuronView: ExplorerView {
  /// `neuron`.
  static let name = "neuron"
  /// The tab's name.
  static let title = "Neuron"
  /// What it shows.
  static let help = "Why a query looks at a key: q and k"

  private static let labels = 22

  /// The vectors belong to tokens of one head: not to words, and not to a layer's average.
  private static func vectors(_ state: ExplorerState) -> HeadVectors? { state.vectors(state.head) }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    let state = drawing.state
    guard let run = state.run, let subject = state.subject else {
      return drawing.drawMessage(on: &canvas, in: region)
    }
    guard !state.lens.hasWords else {
      canvas.write(
        "q and k belong to tokens; w leaves words", x: region.x, y: region.y, in: region)
      return
    }
    guard let vectors = vectors(state) else {
      return drawing.drawWaiting(for: questions(state), on: &canvas, in: region)
    }
    let (legend, rest) = region.bottom(region.height > 4 ? 1 : 0)
    let (pair, list) = rest.top(min(4, rest.height))
    drawPair(drawing, run, vectors, on: &canvas, in: pair)
    drawKeys(drawing, subject, vectors, on: &canvas, in: list.top(1).rest)
    drawLegend(drawing, vectors, on: &canvas, in: legend)
  }

  /// Query, key and their scaled product, a row for each dimension.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard !state.lens.hasWords, let vectors = vectors(state) else { return nil }
    func numbers(_ values: [Float]) -> DataTable.Values { .numbers(values.map(Double.init)) }
    var table = DataTable(name)
    table.add("dimension", .integers(Array(0..<vectors.dHead)))
    table.add("q", numbers(vectors.query(state.query)))
    table.add("k", numbers(vectors.key(state.key)))
    table.add("product", numbers(vectors.products(query: state.query, key: state.key)))
    return .table(table)
  }

  private static func drawPair(
    _ drawing: Drawing, _ subject: Subject, _ vectors: HeadVectors, on canvas: inout Canvas,
    in region: Region
  ) {
    let state = drawing.state
    let products = vectors.products(query: state.query, key: state.key)
    let rows: [(String, [Float])] = [
      ("q \(drawing.exact(state.query, of: subject))", vectors.query(state.query)),
      ("k \(drawing.exactKey(state.key, of: subject))", vectors.key(state.key)),
      ("q\(drawing.glyphs.product)k", products),
    ]
    for (row, line) in rows.enumerated() {
      band(drawing, line.0, line.1, on: &canvas, y: region.y + row, in: region)
    }
    canvas.write(
      drawing.cut(sum(of: products), region.width), x: region.x, y: region.y + 3, in: region,
      role: .strongest)
  }

  /// The sum of a product of vectors, and the dimensions that weigh most in it.
  private static func sum(of products: [Float]) -> String {
    let strongest = products.indices.sorted { abs(products[$0]) > abs(products[$1]) }.prefix(4)
    let sum = products.reduce(0) { $0 + Double($1) }
    let parts = strongest.map { "\($0): \(Double(products[$0]).signed(2))" }.joined(separator: "  ")
    return "sum \(sum.signed(3)) of \(products.count) dimensions; largest \(parts)"
  }

  static func spoken(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard !state.lens.hasWords, let vectors = vectors(state) else { return status(drawing) }
    let products = vectors.products(query: state.query, key: state.key)
    return "\(status(drawing)); q\(drawing.glyphs.product)k: \(sum(of: products))"
  }

  /// Keys around the chosen one: products, their sum, and the weight after softmax.
  private static func drawKeys(
    _ drawing: Drawing, _ subject: Subject, _ vectors: HeadVectors, on canvas: inout Canvas,
    in region: Region
  ) {
    let state = drawing.state
    let rows = Columns(
      count: subject.lastKey(of: state.query) + 1, cursor: state.key, in: region)
    for key in rows.visible where region.height > 0 {
      let products = vectors.products(query: state.query, key: key)
      let sum = products.reduce(0) { $0 + Double($1) }
      let isChosen = key == state.key
      let number = drawing.padded("\(key)", 4)
      let text = drawing.cut(drawing.shownKey(key, of: subject), 7)
      let label =
        (isChosen ? drawing.glyphs.pointRight : " ") + "\(number) "
        + text + String(repeating: " ", count: max(0, 8 - ColumnWidth.of(text)))
        + drawing.padded(sum.signed(1), 7)
      band(
        drawing, label, products, role: isChosen ? .selected : .label, on: &canvas,
        y: rows.y(key), in: region,
        end: " " + Double(drawing.weight(subject, query: state.query, key: key)).fixed(3))
    }
  }

  /// A label and a vector as colours from its largest magnitude down to minus that.
  private static func band(
    _ drawing: Drawing, _ label: String, _ values: [Float], role: Role = .label,
    on canvas: inout Canvas, y: Int, in region: Region, end: String = ""
  ) {
    let (name, rest) = region.left(region.width > 40 ? labels : min(region.width, 8))
    canvas.write(
      drawing.cut(label, max(0, name.width - 1)), x: name.x, y: y, in: name, role: role)
    let room = max(1, rest.width - 7)
    let pool = max(1, (values.count + room - 1) / room)
    let largest = values.map(abs).max() ?? 0
    var x = rest.x
    let across = pool == 1 ? max(1, min(2, room / max(1, values.count))) : 1
    for start in stride(from: 0, to: values.count, by: pool) {
      // Of several dimensions in one cell the largest is seen.
      let part = values[start..<min(values.count, start + pool)]
      let value = part.max { abs($0) < abs($1) } ?? 0
      for step in 0..<across where rest.contains(x + step, y) {
        canvas.put(Cell(shade: .signed(largest > 0 ? value / largest : 0)), x: x + step, y: y)
      }
      x += across
    }
    canvas.write(end, x: x, y: y, in: rest, role: role == .selected ? .strongest : .plain)
  }

  private static func drawLegend(
    _ drawing: Drawing, _ vectors: HeadVectors, on canvas: inout Canvas, in region: Region
  ) {
    let scale = "softmax reads \(vectors.scale.fixed(3)) \(drawing.glyphs.product)"
    let notes = [Legend.Note("each row by its own largest; \(scale)", short: scale)]
    Legend(title: "value", low: "-1", high: "+1", notes: notes, isSigned: true)
      .draw(drawing, on: &canvas, in: region)
  }

  static func status(_ drawing: Drawing) -> String { MapView.status(drawing) }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let subject = state.subject else { return }
    let last = subject.lastKey(of: state.query)
    let page = max(1, region.height / 2)
    switch motion {
    case .up: state.key -= 1
    case .down: state.key += 1
    case .left: state.query -= 1
    case .right: state.query += 1
    case .pageUp: state.key -= page
    case .pageDown: state.key += page
    case .pageLeft: state.query -= 8
    case .pageRight: state.query += 8
    case .firstRow: state.key = 0
    case .lastRow: state.key = last
    case .firstColumn: state.query = 0
    case .lastColumn: state.query = subject.patterns.queryCount - 1
    }
    state.clamp()
    state.key = min(state.key, subject.lastKey(of: state.query))
  }

  static func questions(_ state: ExplorerState) -> [Question] {
    state.lens.hasWords ? [] : [state.ask(.vectors(state.head))]
  }
}
