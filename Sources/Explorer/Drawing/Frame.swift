/// How the window is divided: title, a view's body, status, keys.
struct Frame {
  let title, body, status, footer: Region
  /// Whether there is no room for a view.
  let isTooSmall: Bool

  init(width: Int, height: Int) {
    let whole = Region(x: 0, y: 0, width: width, height: height)
    isTooSmall = width < 20 || height < 5
    var rest: Region
    (title, rest) = whole.top(1)
    (footer, rest) = rest.bottom(1)
    (status, body) = rest.bottom(1)
  }
}

extension Drawing {
  /// The whole picture.
  public func canvas(width: Int, height: Int) -> Canvas {
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(width: width, height: height)
    guard !frame.isTooSmall else {
      let lines = ["window too small", "\(state.head)"]
      for (y, line) in lines.enumerated() { canvas.write(line, x: 0, y: y, in: canvas.region) }
      return canvas
    }
    let view = ExplorerViews.named(state.view)
    drawTitle(on: &canvas, in: frame.title)
    view.draw(self, on: &canvas, in: frame.body)
    drawStatus(view, on: &canvas, in: frame.status)
    drawFooter(on: &canvas, in: frame.footer, above: frame.body.y)
    drawEntry(on: &canvas, body: frame.body, footer: frame.footer)
    return canvas
  }

  /// The views as tabs, the model and the head on the left; sizes or progress on the right.
  private func drawTitle(on canvas: inout Canvas, in region: Region) {
    var x = canvas.write("heed ", x: region.x, y: region.y, in: region, role: .title)
    let current = ExplorerViews.named(state.view)
    let tabs = ExplorerViews.tabs(state)
    let isTab = tabs.contains { $0.name == state.view }
    for view in tabs + (isTab ? [] : [current]) {
      let role: Role = view.name == state.view ? .selected : .dimmed
      x = canvas.write(" \(view.title) ", x: x, y: region.y, in: region, role: role)
    }
    guard let subject = state.subject else { return drawProgress(on: &canvas, in: region, from: x) }
    x = canvas.write("  \(state.head)", x: x, y: region.y, in: region, role: .title)
    x = canvas.write("  \(model(subject))", x: x, y: region.y, in: region)
    if state.progress != nil || state.work != nil {
      return drawProgress(on: &canvas, in: region, from: x)
    }
    let patterns = subject.patterns
    let sizes =
      "\(patterns.layers) layers \(glyphs.times) \(patterns.heads) heads, \(tokens(subject))"
    guard x + 2 + ColumnWidth.of(sizes) <= region.width else { return }
    canvas.writeRight(sizes, y: region.y, in: region, role: .dimmed)
  }

  /// The exact numbers under the cursor; at the right what is changed, filtered or half typed.
  private func drawStatus(
    _ view: any ExplorerView.Type, on canvas: inout Canvas, in region: Region
  ) {
    let (numbers, flags) = statusParts(view, region.width)
    let fits = region.width - 2 - ColumnWidth.of(numbers)
    // Neither pushes the other off the line: numbers have the larger part of it where both are long.
    let flagsRoom = max((region.width - 2) * 2 / 5, fits)
    let room = region.width - (flags.isEmpty ? 0 : min(flagsRoom, ColumnWidth.of(flags)) + 2)
    canvas.write(cut(numbers, max(0, room)), x: 0, y: region.y, in: region, role: .status)
    canvas.writeRight(cut(flags, flagsRoom), y: region.y, in: region, role: .warning)
  }

  /// Both, as long as they fit side by side: tokens give way first, then parameters and heads of a change, and
  /// numbers and the names of rules never.
  private func statusParts(
    _ view: any ExplorerView.Type, _ columns: Int
  ) -> (numbers: String, flags: String) {
    let numbers = [24, 12, 7].map { columns in
      var drawing = self
      drawing.tokenColumns = columns
      return view.status(drawing)
    }
    let alteration = state.alteration
    let flags = [
      statusFlags(alteration.text), statusFlags(alteration.shortText),
      statusFlags(alteration.briefText),
      statusFlags(alteration.names, isBrief: true),
    ]
    let pairs = (0..<flags.count + numbers.count - 1).flatMap { loss in
      numbers.indices.reversed().compactMap { place in
        flags.indices.contains(loss - place) ? (numbers[place], flags[loss - place]) : nil
      }
    }
    return pairs.first { numbers, flags in
      ColumnWidth.of(numbers) + (flags.isEmpty ? 0 : 2 + ColumnWidth.of(flags)) <= columns
    } ?? (numbers[numbers.count - 1], flags[flags.count - 1])
  }

  /// What must never be forgotten while it is in force.
  func statusFlags(_ alteration: String?, isBrief: Bool = false) -> String {
    // First, for what is last is cut; a parameter may be the path of a file.
    var flags = alteration.map { [clean($0)] } ?? []
    let room = isBrief ? 10 : max(10, state.width / 3)
    if state.subject != nil, let note = state.notes[state.head] {
      flags.append("! \(cut(clean(note), room))")
    }
    if let filter = state.filter { flags.append("only \(cut(filter.text, room))") }
    if !state.selected.isEmpty { flags.append("\(state.selected.count) selected") }
    if let subject = state.subject, subject.streams.count > 1 {
      flags.append(subject.stream.label)
    }
    if let start = state.spanStart { flags.append("part from \(start)") }
    if let count = state.count { flags.append("\(count)") }
    return flags.joined(separator: "  ")
  }

  private func model(_ subject: Subject) -> String {
    cut(TokenText.shown(Array(subject.model.utf8), charset: appearance.charset), 30)
  }

  func tokens(_ subject: Subject) -> String {
    let patterns = subject.patterns
    guard !subject.isCross else {
      return "\(patterns.queryCount) queries \(glyphs.times) \(patterns.keyCount) keys"
    }
    return patterns.keyCount == 1 ? "1 token" : "\(patterns.keyCount) tokens"
  }

  private func drawProgress(on canvas: inout Canvas, in region: Region, from x: Int) {
    guard let progress = state.progress ?? state.work else { return }
    var text = "\(progress.text)"
    if let fraction = progress.fraction {
      let done = Int((fraction.isNaN ? 0 : fraction.clamped(to: 0...1)) * 10)
      let bar =
        String(repeating: glyphs.bar, count: done)
        + String(repeating: glyphs.track, count: 10 - done)
      text += " \(bar) \(done * 10)%"
    }
    let room = max(0, region.width - x - 2)
    if ColumnWidth.of(text) + 10 <= room { text += "  ^C stops" }
    canvas.writeRight(
      " \(cut(text, room))", y: region.y, in: region, role: .warning)
  }

  /// The message if there is one, on as many lines as it takes, else the keys: the way out at the right, the
  /// rest as far as it fits.
  private func drawFooter(on canvas: inout Canvas, in region: Region, above top: Int) {
    if let notice = state.notice {
      let lines = message(notice.text, columns: region.width, rows: region.y - top + 1)
      let box = Region(
        x: region.x, y: region.y - lines.count + 1, width: region.width, height: lines.count)
      canvas.fill(box, Cell())
      for (row, line) in lines.enumerated() {
        canvas.write(
          line, x: box.x, y: box.y + row, in: box, role: notice.isError ? .error : .warning)
      }
      return
    }
    let hints = Commands.hints(state)
    let last = Array(hints.suffix(2))
    func width(_ hint: Command.Hint) -> Int { ColumnWidth.of("\(hint.keys) \(hint.label)") + 2 }
    let reserved = last.reduce(0) { $0 + width($1) }
    var x = region.x
    for hint in hints.dropLast(2) {
      guard x + width(hint) + reserved - 2 <= region.width else { break }
      x = draw(hint, on: &canvas, x: x, in: region)
    }
    for hint in last { x = draw(hint, on: &canvas, x: x, in: region) }
  }

  private func draw(
    _ hint: Command.Hint, on canvas: inout Canvas, x: Int, in region: Region
  ) -> Int {
    let next = canvas.write(hint.keys, x: x, y: region.y, in: region, role: .key)
    return canvas.write(" \(hint.label)  ", x: next, y: region.y, in: region, role: .dimmed)
  }

  /// A message for people: what to do stands at its end, so it is cut only where there is no room at all.
  func message(_ text: String, columns: Int, rows: Int) -> [String] {
    let shown = TokenText.shown(Array(text.utf8), charset: appearance.charset)
    return WrappedText.lines(
      shown, columns: max(1, columns), most: max(1, rows), breaksWords: true
    ).map { cut($0, columns) }
  }

  /// A sentence in the middle of a body with nothing else in it.
  func drawMessage(on canvas: inout Canvas, in region: Region) {
    let lines: [(String, Role)] =
      switch state.content {
      case .failed(let why): [(why, .error), ("e edits the prompt, R tries again", .dimmed)]
      case .empty where state.progress != nil: [("loading", .dimmed)]
      case .empty:
        [("Nothing is loaded.", .plain), ("e types a prompt, ? shows all keys", .dimmed)]
      case .loaded(let subject):
        [("\(subject.model) has no map for this prompt.", .plain), ("e edits the prompt", .dimmed)]
      }
    let rows = lines.flatMap { line, role in
      message(line, columns: region.width, rows: region.height - 1).map { ($0, role) }
    }
    let top = region.y + max(0, (region.height - rows.count) / 2)
    for (row, (text, role)) in rows.enumerated() {
      let x = region.x + max(0, (region.width - ColumnWidth.of(text)) / 2)
      canvas.write(text, x: x, y: top + row, in: region, role: role)
    }
  }
}
