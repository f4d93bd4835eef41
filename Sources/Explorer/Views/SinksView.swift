import Analysis
import Models

/// Where attention goes without being read: sink tokens, the heads that feed them, and what marks them.
enum SinksView: ExplorerView {
  /// `sinks`.
  static let name = "sinks"
  /// The tab's name.
  static let title = "Sinks"
  /// What it shows.
  static let help = "Sink tokens, and heads feeding them"

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    let state = drawing.state
    guard let run = state.run else { return drawing.drawMessage(on: &canvas, in: region) }
    guard let report = state.sinkReport else {
      return drawing.drawWaiting(for: questions(state), on: &canvas, in: region)
    }
    let side = region.width >= 60 ? region.width * 2 / 5 : 0
    let (right, left) = region.right(side)
    let main = left.left(left.width - (side > 0 ? 1 : 0)).left
    let (layers, keys) = main.bottom(main.height >= 14 ? main.height / 2 : 0)
    drawKeys(drawing, run, report, on: &canvas, in: keys)
    drawLayers(drawing, run, report, on: &canvas, in: layers)
    drawFeeders(drawing, run, report, on: &canvas, in: right)
  }

  /// Keys by how much attention they receive.
  private static func drawKeys(
    _ drawing: Drawing, _ run: Subject, _ report: SinkReport, on canvas: inout Canvas,
    in region: Region
  ) {
    let state = drawing.state
    let (heading, list) = region.top(1)
    canvas.write(
      drawing.cut("  key token       received  heads  phi", heading.width), x: heading.x,
      y: heading.y, in: heading, role: .label)
    let keys = ranked(report)
    let rows = Columns(
      count: keys.count, cursor: keys.firstIndex(of: key(state)) ?? 0, in: list)
    for row in rows.visible where list.height > 0 {
      let position = report.positions[keys[row]]
      let isChosen = position.index == key(state)
      let token = drawing.cut(drawing.shownKey(position.index, of: run), 10)
      let blanks = String(repeating: " ", count: max(0, 10 - ColumnWidth.of(token)))
      let phi = report.dimensions.phi.compactMap {
        $0.indices.contains(position.index) ? $0[position.index] : nil
      }.max()
      let text =
        (isChosen ? drawing.glyphs.pointRight : " ")
        + "\(drawing.padded("\(position.index)", 4)) \(token)\(blanks) "
        + "\(drawing.number(position.received, 8)) \(drawing.padded("\(position.rate.fixed(0))%", 6))"
        + drawing.number(phi ?? .nan, 6, decimals: 1)
      let x = canvas.write(
        text, x: list.x, y: rows.y(row), in: list, role: isChosen ? .selected : .plain)
      let room = list.x + list.width - x - 1
      if room > 3 {
        canvas.write(
          drawing.bar(position.received, min(16, room)), x: x + 1, y: rows.y(row), in: list,
          role: .dimmed)
      }
    }
  }

  /// What marks sinks in the hidden states, layer by layer.
  private static func drawLayers(
    _ drawing: Drawing, _ run: Subject, _ report: SinkReport, on canvas: inout Canvas,
    in region: Region
  ) {
    guard region.height > 1 else { return }
    canvas.write(
      drawing.cut("layer largest at dimension  kurtosis  median", region.width), x: region.x,
      y: region.y, in: region, role: .label)
    let hasMassive = report.massive.contains { $0.isMassive }
    let (note, list) = region.top(1).rest.bottom(hasMassive && region.height > 3 ? 1 : 0)
    canvas.write(
      drawing.cut("\(drawing.glyphs.star) a massive activation", note.width), x: note.x, y: note.y,
      in: note, role: .dimmed)
    let rows = Columns(count: report.layers.count, cursor: drawing.state.head.layer, in: list)
    for layer in rows.visible {
      let outliers = report.layers[layer].residual
      let largest = outliers.strongest.first
      let isMassive = report.massive.contains { $0.layer == layer && $0.isMassive }
      let token = largest.map { drawing.cut(drawing.shown($0.token, of: run), 8) } ?? ""
      let text =
        drawing.padded("L\(layer)", 4) + drawing.number(largest?.value ?? .nan, 8, decimals: 1)
        + (isMassive ? "\(drawing.glyphs.star) " : "  ") + token
        + String(repeating: " ", count: max(0, 9 - ColumnWidth.of(token)))
        + drawing.padded(largest.map { "\($0.dimension)" } ?? "", 5)
        + drawing.number(outliers.kurtosis, 9, decimals: 1)
        + drawing.number(outliers.median, 8, decimals: 2)
      canvas.write(
        drawing.cut(text, region.width), x: region.x, y: rows.y(layer), in: region,
        role: isMassive ? .strongest : .plain)
    }
  }

  /// Heads that feed the chosen key; a value near zero there makes them idle.
  private static func drawFeeders(
    _ drawing: Drawing, _ run: Subject, _ report: SinkReport, on canvas: inout Canvas,
    in region: Region
  ) {
    guard region.height > 1, region.width > 0 else { return }
    let state = drawing.state
    let name = drawing.shownKey(key(state), of: run)
    let feeders = feeders(report, key(state))
    canvas.write(
      drawing.cut("\(feeders.count) heads feed \(key(state)) \(name)", region.width), x: region.x,
      y: region.y, in: region, role: .title)
    canvas.write(
      "head      share   value", x: region.x + 1, y: region.y + 1, in: region, role: .label)
    let list = region.top(2).rest
    let cursor = feeders.firstIndex { $0.head == state.head } ?? 0
    let rows = Columns(count: feeders.count, cursor: cursor, in: list)
    for row in rows.visible where list.height > 0 {
      let feeder = feeders[row]
      let isChosen = feeder.head == state.head
      let head = "\(feeder.head)"
      let text =
        (isChosen ? drawing.glyphs.pointRight : " ") + head
        + String(repeating: " ", count: max(1, 8 - head.count))
        + drawing.number(feeder.share, 7) + drawing.number(feeder.valueNorm, 8, decimals: 3)
      canvas.write(
        text, x: list.x, y: rows.y(row), in: list, role: isChosen ? .selected : .plain)
    }
    if feeders.isEmpty {
      let least = report.epsilon.fixed(2)
      canvas.write(
        drawing.cut("none gives it more than \(least)", list.width), x: list.x, y: list.y, in: list,
        role: .dimmed)
    }
  }

  /// The chosen key; tokens count, whatever the lens merges.
  private static func key(_ state: ExplorerState) -> Int {
    let last = max(0, (state.run?.patterns.keyCount ?? 1) - 1)
    guard state.lens.hasWords, let run = state.run else { return min(state.key, last) }
    let groups = Words(run.tokens).groups
    return groups.indices.contains(state.key) ? groups[state.key].lowerBound : 0
  }

  private static func ranked(_ report: SinkReport) -> [Int] {
    report.positions.sorted { (-$0.received, $0.index) < (-$1.received, $1.index) }.map(\.index)
  }

  private static func feeders(_ report: SinkReport, _ key: Int) -> [SinkReport.Feeder] {
    report.feeders.filter { $0.key == key }
  }

  /// The key under the cursor, too.
  static func spoken(_ drawing: Drawing) -> String {
    let state = drawing.state
    guard let run = state.run, let report = state.sinkReport,
      let position = report.positions.first(where: { $0.index == key(state) })
    else { return status(drawing) }
    let place = ranked(report).firstIndex(of: position.index).map { $0 + 1 } ?? 0
    return
      "key \(drawing.exactKey(position.index, of: run)) receives \(position.received.fixed(4)),"
      + " place \(place); \(feeders(report, position.index).count) heads feed it; \(status(drawing))"
  }

  static func status(_ drawing: Drawing) -> String {
    guard let report = drawing.state.sinkReport else { return "" }
    let dimensions = report.dimensions.dimensions.prefix(4).map { "\($0)" }.joined(separator: " ")
    return "\(report.sinkRate.fixed(1))% of heads give the first key over "
      + "\(report.epsilon.fixed(2))  sink dimensions \(dimensions.isEmpty ? "none" : dimensions)"
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    guard let report = state.sinkReport, !state.lens.hasWords else { return }
    let keys = ranked(report)
    let place = keys.firstIndex(of: state.key) ?? 0
    let page = max(1, region.height / 3)
    func toRank(_ rank: Int) {
      if !keys.isEmpty { state.key = keys[rank.clamped(to: 0...(keys.count - 1))] }
    }
    let heads = feeders(report, state.key).map(\.head)
    func toHead(_ by: Int) {
      guard !heads.isEmpty else { return }
      let place = (heads.firstIndex(of: state.head) ?? -1) + by
      state.head = heads[place.clamped(to: 0...(heads.count - 1))]
    }
    switch motion {
    case .up: toRank(place - 1)
    case .down: toRank(place + 1)
    case .pageUp: toRank(place - page)
    case .pageDown: toRank(place + page)
    case .firstRow: toRank(0)
    case .lastRow: toRank(keys.count - 1)
    case .left: toHead(-1)
    case .right: toHead(1)
    case .pageLeft: toHead(-page)
    case .pageRight: toHead(page)
    case .firstColumn: toHead(-heads.count)
    case .lastColumn: toHead(heads.count)
    }
  }

  static func questions(_ state: ExplorerState) -> [Question] { [state.ask(.sinks)] }
}
