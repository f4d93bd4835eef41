/// Every command with its keys: those of the view below first.
enum HelpView: ExplorerView {
  /// `help`.
  static let name = "help"
  /// The tab's name.
  static let title = "Help"
  /// What it shows.
  static let help = "Every command with its keys"

  private enum Line {
    case heading(String)
    case command(Command)
    case blank
  }

  private static func lines(_ state: ExplorerState) -> [Line] {
    let words = state.helpFilter.lowercased().split(separator: " ")
    guard words.isEmpty else {
      return Commands.all.filter { command in
        let keys = command.keys.map(\.label).joined(separator: " ")
        let text = "\(command.syntax) \(command.help)".lowercased()
        return words.allSatisfy { text.contains($0) } || keys == state.helpFilter
      }.map { .command($0) }
    }
    let below = state.views.last { $0 != name } ?? AtlasView.name
    var lines: [Line] = []
    for group in Command.Group.allCases {
      let commands = Commands.all.filter { $0.group == group && $0.works(in: below) }
      guard !commands.isEmpty else { continue }
      lines += [.heading(group.rawValue)] + commands.map { .command($0) } + [.blank]
    }
    let others = Commands.all.filter { !$0.works(in: below) }
    if !others.isEmpty {
      lines += [.heading("In other views")] + others.map { .command($0) } + [.blank]
    }
    return Array(lines.dropLast())
  }

  /// Every command.
  static func data(_ state: ExplorerState) -> ViewData? {
    var table = DataTable(name)
    table.add("command", .texts(Commands.all.map(\.syntax)))
    table.add("keys", .texts(Commands.all.map { $0.keys.map(\.label).joined(separator: " ") }))
    table.add("help", .texts(Commands.all.map(\.help)))
    return .table(table)
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    let lines = lines(drawing.state)
    let top = drawing.state.helpTop.clamped(to: 0...max(0, lines.count - region.height))
    let keyColumns = region.width >= 60 ? 22 : 12
    let nameColumns = region.width >= 60 ? 20 : 0
    for (row, line) in lines.dropFirst(top).prefix(region.height).enumerated() {
      let y = region.y + row
      switch line {
      case .blank: break
      case .heading(let text): canvas.write(text, x: region.x, y: y, in: region, role: .title)
      case .command(let command):
        let keys = command.keys.map(\.label).joined(separator: " ")
        canvas.write(
          drawing.cut(keys, keyColumns - 2), x: region.x + 2, y: y, in: region, role: .key)
        if nameColumns > 0 {
          canvas.write(
            ":" + drawing.cut(command.syntax, nameColumns - 2), x: region.x + 2 + keyColumns, y: y,
            in: region, role: .label)
        }
        let x = 2 + keyColumns + nameColumns
        var help = command.help
        if command.views.count == 1 { help += " (\(command.views[0]))" }
        canvas.write(
          drawing.cut(help, max(0, region.width - x)), x: region.x + x, y: y, in: region)
      }
    }
  }

  static func status(_ drawing: Drawing) -> String {
    let filter = drawing.state.helpFilter
    guard filter.isEmpty else { return "Commands with \(filter); / searches for something else" }
    return "Every key is a command that can also be typed after :   j k scroll, / searches"
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    state.scroll(motion, lines: lines(state).count, in: region)
  }
}
