import Models

/// Every command of the explorer.
public enum Commands {
  /// In the order of the help.
  public static let all: [Command] =
    move + head + look + show + generate + find + change + compare + prune + predict + rules
    + parts
    + prompt + program

  /// The command of a key in a view.
  static func command(for key: Key, in view: String) -> Command? {
    all.first { $0.keys.contains(key) && $0.works(in: view) }
  }

  /// What the line of keys offers in a view; the last two are how to get help and how to leave.
  static func hints(_ state: ExplorerState) -> [Command.Hint] {
    let offered = all.filter { command in
      // Without a map only a prompt, a command, help and the way out lead anywhere.
      guard state.subject != nil else { return [.prompt, .program].contains(command.group) }
      let hasParts = state.subject.map { $0.streams.count > 1 } ?? false
      return command.works(in: state.view) && (command.name != "stream" || hasParts)
    }
    return offered.compactMap(\.hint).filter { $0.views.isEmpty || $0.views.contains(state.view) }
      .map { hint in
        switch hint.label {
        case "close" where state.views.count <= 1:
          Command.Hint(keys: hint.keys, label: "quit", views: [])
        case "prompt":
          Command.Hint(
            keys: hint.keys, label: state.mediumCommand?.rawValue ?? hint.label, views: [])
        default: hint
        }
      }
  }

  /// The command and the argument of a typed line; a head's name alone goes to it.
  ///
  /// - Throws: `ExplorerError` for an unknown command or an argument where none belongs.
  static func parse(
    _ line: String, _ state: ExplorerState
  ) throws(ExplorerError) -> (command: Command, argument: String) {
    let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard let word = parts.first.map(String.init) else {
      throw .unknownCommand("", nearest: nil)
    }
    if HeadIndex(line.trimmed) != nil, let goto = named("goto") { return (goto, line.trimmed) }
    if parts.count == 1, opensView(word), let view = named("view") { return (view, word) }
    guard let command = named(word) else {
      throw .unknownCommand(word, nearest: nearest(to: word))
    }
    let argument = parts.count > 1 ? String(parts[1]) : ""
    guard command.argument != nil || argument.isEmpty else {
      throw .badArgument(command: word, found: argument, expected: "no argument")
    }
    return (command, argument)
  }

  /// Whether a word alone shows the view of that name: where no command of that name does without an argument.
  static func opensView(_ word: String) -> Bool {
    guard ExplorerViews.all.contains(where: { $0.name == word }) else { return false }
    return named(word).map { $0.argument.map { !$0.hasPrefix("[") } ?? false } ?? true
  }

  /// The command of a name.
  static func named(_ name: String) -> Command? { all.first { $0.name == name } }

  /// The command whose name takes the fewest edits, when it is near enough to be meant.
  static func nearest(to word: String) -> String? {
    if let longer = all.first(where: { $0.name.hasPrefix(word) && !word.isEmpty }) {
      return longer.name
    }
    // `zom` means `zoom-in`: the first part of a name is enough to be recognised by.
    let near = all.map { command in
      let first = command.name.split(separator: "-").first.map(String.init) ?? ""
      let distance = min(editDistance(command.name, word), editDistance(first, word))
      return (name: command.name, distance: distance)
    }.min { $0.distance < $1.distance }
    return near.flatMap { $0.distance <= max(2, word.count / 3) ? $0.name : nil }
  }

  /// Damerau's distance: characters inserted, deleted, replaced, or two neighbours swapped.
  public static func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var before: [Int] = []
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var next = [i + 1]
      for (j, y) in b.enumerated() {
        var least = min(row[j] + (x == y ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, x == b[j - 1], y == a[i - 1] { least = min(least, before[j - 1] + 1) }
        next.append(least)
      }
      (before, row) = (row, next)
    }
    return row[b.count]
  }
}
