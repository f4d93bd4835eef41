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
    case .prompts, .models:
      guard let other = state.otherSubject else { return nil }
      let isPrompt = state.compared == .prompts
      // A model of another shape has no head of the same place: the nearest one stands in for it.
      let match = state.comparedRun?.nearest.first { $0.head == state.head }
      var head = match?.other ?? state.head
      head.layer = min(head.layer, other.patterns.layers - 1)
      head.head = min(head.head, other.patterns.heads - 1)
      let nearest = match == nil ? "" : "nearest, "
      return (
        ComparedMap(
          title: isPrompt ? "\(head), other prompt" : "\(nearest)\(head) of \(other.model)",
          subject: other, head: head, side: 2),
        ComparedMap(
          title: isPrompt ? "\(state.head), this prompt" : "\(state.head) of \(subject.model)",
          subject: state.thisSubject ?? subject, head: state.head, side: 3)
      )
    }
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard let sides = sides(drawing.state) else {
      guard drawing.state.subject != nil else {
        return drawing.drawMessage(on: &canvas, in: region)
      }
      return drawing.drawWaiting(for: questions(drawing.state), on: &canvas, in: region)
    }
    let (list, maps) = region.bottom(region.height >= 19 ? min(8, region.height / 4) : 0)
    drawing.drawComparison(pair(drawing, sides), on: &canvas, in: maps)
    drawList(drawing, sides, on: &canvas, in: list)
  }

  /// Both sides, and what is subtracted of them.
  private static func pair(
    _ drawing: Drawing, _ sides: (a: ComparedMap, b: ComparedMap)
  ) -> MapPair {
    guard [.prompts, .models].contains(drawing.state.compared) else {
      return MapPair(sides.a, sides.b)
    }
    return MapPair(sides.a, sides.b, drawing.state.alignment) {
      TokenText.shown($0, charset: drawing.appearance.charset)
    }
  }

  /// Heads by how much their maps differ, of models of other shapes from the nearest head there; by the chosen
  /// score, where maps cannot be compared.
  private static func ranking(_ state: ExplorerState) -> (title: String, table: HeadTable)? {
    let moved = "maps that %s most (total variation, mean over queries)"
    switch state.compared {
    case .heads: return nil
    case .change:
      return state.drift.map { (moved.replacing("%s", with: "changed"), $0) }
    case .prompts, .models:
      guard let other = state.comparedRun, let run = state.changedRun else { return nil }
      if let drift = other.drift { return (moved.replacing("%s", with: "differ"), drift) }
      if !other.nearest.isEmpty {
        var table = HeadTable(
          repeating: .nan, layers: run.patterns.layers, heads: run.patterns.heads)
        for match in other.nearest { table[match.head] = match.distance }
        return ("heads farthest from the nearest head of \(other.subject.model)", table)
      }
      guard let score = state.scoreTable,
        let theirs = other.subject.scores.first(where: { $0.name == score.name }),
        run.patterns.layers == other.subject.patterns.layers,
        run.patterns.heads == other.subject.patterns.heads
      else { return nil }
      var table = score.table
      for head in table.indices { table[head] = abs(table[head] - theirs.value(head)) }
      return (
        "heads whose \(score.title.lowercased()) differs most\(score.unit(after: ", "))", table
      )
    }
  }

  /// The heads whose maps differ most, each with the chosen score on both sides; where none does, the scores of
  /// the two maps' heads.
  private static func drawList(
    _ drawing: Drawing, _ sides: (a: ComparedMap, b: ComparedMap), on canvas: inout Canvas,
    in region: Region
  ) {
    let state = drawing.state
    guard region.height > 1 else { return }
    let ranking = ranking(state)
    let most = ranking?.table.largest(region.height - 1) ?? []
    let title = most.isEmpty && ranking != nil ? "no map differs" : ranking?.title ?? ""
    canvas.write(
      drawing.cut(title, region.width), x: region.x, y: region.y, in: region, role: .label)
    guard !most.isEmpty else {
      return drawScores(
        drawing, sides, on: &canvas, in: region.left(min(80, region.width)).left)
    }
    for (row, entry) in most.enumerated() {
      let y = region.y + 1 + row
      let match = state.comparedRun?.nearest.first { $0.head == entry.head }
      let other = state.compared == .models ? match?.other : nil
      let name = "  \(entry.head)\(other.map { " ~ \($0)" } ?? "")  \(entry.value.fixed(4)) "
      var x = canvas.write(name, x: region.x, y: y, in: region)
      x = canvas.write(drawing.bar(entry.value, 20), x: x, y: y, in: region, role: .dimmed)
      guard let score = state.scoreTable else { continue }
      let first = otherScore(score.name, state)?.value(other ?? entry.head) ?? .nan
      let values = [first, score.value(entry.head)].map { drawing.number($0, 0) }
      canvas.write(
        "  \(score.name) \(values.joined(separator: " \(drawing.glyphs.to) "))", x: x, y: y,
        in: region)
    }
  }

  /// A score of the other side; nil where it is not known.
  private static func otherScore(_ name: String, _ state: ExplorerState) -> ScoreTable? {
    switch state.compared {
    case .heads: return state.scores.first { $0.name == name }
    case .prompts, .models: return state.comparedRun?.subject.scores.first { $0.name == name }
    case .change:
      if let known = state.before?.scores.first(where: { $0.name == name }) { return known }
      guard case .scores(let tables)? = state.answers.known(Question(.score(name))) else {
        return nil
      }
      return tables.first { $0.name == name }
    }
  }

  /// Scores of both sides, the chosen one first.
  private static func drawScores(
    _ drawing: Drawing, _ sides: (a: ComparedMap, b: ComparedMap), on canvas: inout Canvas,
    in region: Region
  ) {
    let state = drawing.state
    let names =
      switch state.compared {
      case .heads: ["\(sides.a.head)", "\(sides.b.head)"]
      case .change: ["before", "after"]
      case .prompts, .models: ["other", "this"]
      }
    func columns(_ texts: [String]) -> String {
      texts.map { drawing.padded($0, 11) }.joined()
    }
    canvas.writeRight(columns(names + ["difference"]), y: region.y, in: region, role: .label)
    let chosen = state.scores.firstIndex { $0.name == state.scoreTable?.name } ?? 0
    let scores = state.scores[chosen...] + state.scores[..<chosen]
    for (row, score) in scores.prefix(region.height - 1).enumerated() {
      let y = region.y + 1 + row
      let mark = row == 0 ? drawing.glyphs.pointRight : " "
      let name = "\(mark) \(score.title)\(score.unit(after: ", "))"
      canvas.write(
        drawing.cut(name, max(0, region.width - 34)), x: region.x, y: y, in: region,
        role: row == 0 ? .strongest : .label)
      let first = otherScore(score.name, state)?.value(sides.a.head) ?? .nan
      let second = score.value(sides.b.head)
      let change = second - first
      canvas.writeRight(
        columns([
          drawing.number(first, 0), drawing.number(second, 0),
          change.isNaN ? drawing.glyphs.undefined : change.signed(4),
        ]), y: y, in: region)
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

  static func questions(_ state: ExplorerState) -> [Question] {
    [state.otherQuestion].compactMap { $0 } + scoreQuestions(state)
  }

  /// The chosen score of the model as it is, where no run has it.
  private static func scoreQuestions(_ state: ExplorerState) -> [Question] {
    let (name, known) = (state.score, state.run?.scores.map(\.name) ?? [])
    guard state.compared == .change, HeadScores.named(name) != nil, !known.contains(name) else {
      return []
    }
    return [Question(.score(name))]
  }

  /// The ranking, a row for each head.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let (_, found) = ranking(state) else { return nil }
    let ranked = found.ranked
    var table = DataTable(name)
    table.add("layer", .integers(ranked.map(\.head.layer)))
    table.add("head", .integers(ranked.map(\.head.head)))
    table.add("difference", .numbers(ranked.map(\.value)))
    return .table(table)
  }

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
