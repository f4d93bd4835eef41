extension ExplorerState {
  /// What a key does: what is being typed has it first, then the user's own keys, then the commands.
  mutating func handle(_ key: Key) -> [Effect] {
    notice = nil
    // Whatever is being typed, the screen can be repaired and the shell reached.
    if entry != .none, key == .control("z") { return [.screen(.suspend)] }
    if entry != .none, key == .control("l") { return [.screen(.redraw)] }
    switch entry {
    case .none: return pressCommand(key)
    case .command(let entry): return type(key, in: entry)
    case .prompt(let entry): return type(key, in: entry)
    case .line(let use, let editor): return type(key, in: editor, for: use)
    case .letter(let use): return type(key, for: use)
    case .choice(let chooser): return type(key, in: chooser)
    }
  }

  /// A key that nothing being typed takes.
  private mutating func pressCommand(_ key: Key) -> [Effect] {
    if let line = ownKeys[key] { return perform(line) }
    if case .character(let character) = key, let digit = character.wholeNumberValue,
      character.isASCII, digit > 0 || count != nil
    {
      // More than any model has heads or tokens on a screen: enough, and never an overflow.
      count = min(99_999, (count ?? 0) * 10 + digit)
      return []
    }
    defer { count = nil }
    if key == .escape, count != nil { return [] }
    guard let command = Commands.command(for: key, in: view) else {
      sayWhere(key)
      return []
    }
    return perform(command, "")
  }

  /// Says where a key does something that does nothing here.
  private mutating func sayWhere(_ key: Key) {
    guard let other = Commands.all.first(where: { $0.keys.contains(key) }) else {
      return say("\(key.label) has no command; ? shows all keys")
    }
    let titles = other.views.map { ExplorerViews.named($0).title }.joined(separator: ", ")
    let help = other.help.prefix(1).lowercased() + other.help.dropFirst()
    say("\(key.label) works in \(titles): \(help)")
  }

  /// Carries out a typed line, or says why not.
  mutating func perform(_ line: String) -> [Effect] {
    do {
      let (command, argument) = try Commands.parse(line, self)
      return perform(command, argument)
    } catch {
      notice = Notice(text: error.description, isError: true)
      return [.screen(.bell)]
    }
  }

  /// Carries out a command, as often as the number before it says, or says why not.
  mutating func perform(_ command: Command, _ argument: String) -> [Effect] {
    do {
      if command.isRepeatable {
        repeated = (argument.isEmpty ? command.name : "\(command.name) \(argument)", count)
      }
      var effects: [Effect] = []
      for _ in 0..<(command.isCounted ? max(1, count ?? 1) : 1) {
        effects += update(&self, try command.action(argument, self))
      }
      return effects
    } catch {
      notice = Notice(text: error.description, isError: true)
      return [.screen(.bell)]
    }
  }

  private mutating func type(_ key: Key, in entry: CommandEntry) -> [Effect] {
    var command = entry
    self.entry = .none
    switch key {
    case .escape, .control("c"): return []
    case .backspace where command.editor.characters.isEmpty: return []
    case .enter:
      let line = command.editor.text.trimmed
      guard !line.isEmpty else { return [] }
      if history.last != line { history.append(line) }
      return perform(command.editor.text)
    case .tab: command.complete(self, by: 1)
    case .backTab: command.complete(self, by: -1)
    case .up, .control("p"): command.recall(history, by: -1)
    case .down, .control("n"): command.recall(history, by: 1)
    default: if command.editor.handle(key) { command.chosen = nil }
    }
    self.entry = .command(command)
    return list(for: command)
  }

  /// Opens the `:` line with a beginning.
  mutating func type(command beginning: String) -> [Effect] {
    var command = CommandEntry()
    command.editor = LineEditor(beginning)
    entry = .command(command)
    return list(for: command)
  }

  /// Asks for the names that could follow a command, unless the line was taken from their list.
  private func list(for command: CommandEntry) -> [Effect] {
    let parts = command.editor.text.split(separator: " ", maxSplits: 1)
    guard command.chosen == nil, command.editor.text.contains(" ") else { return [] }
    let rest = parts.count > 1 ? String(parts[1]) : ""
    switch parts.first {
    case "open": return [.list(rest)]
    case "compare" where rest.hasPrefix("open "): return [.list(String(rest.dropFirst(5)))]
    case "prompts": return [.list(rest, of: .files([]))]
    case "mask" where rest.hasPrefix("read "):
      return [.list(String(rest.dropFirst(5)), of: .files(["json"]))]
    case let name?:
      return Medium(rawValue: String(name)).map { [.list(rest, of: .files($0.endings))] } ?? []
    case nil: return []
    }
  }

  private mutating func type(_ key: Key, in entry: PromptEntry) -> [Effect] {
    var prompt = entry
    self.entry = .none
    switch key {
    case .escape, .control("c"): return []
    case .enter:
      guard !prompt.editor.characters.isEmpty else { return [] }
      return update(&self, .run(prompt.editor.text))
    case .up, .control("p"): prompt.recall(prompts, by: -1)
    case .down, .control("n"): prompt.recall(prompts, by: 1)
    default: if prompt.editor.handle(key) { prompt.recalled = nil }
    }
    self.entry = .prompt(prompt)
    return []
  }

  private mutating func type(_ key: Key, in editor: LineEditor, for use: LineUse) -> [Effect] {
    var editor = editor
    entry = .none
    switch key {
    case .escape, .control("c"): return []
    case .backspace where editor.characters.isEmpty: return []
    case .enter where editor.characters.isEmpty:
      if use == .filter { filter = nil }
      if use == .span { spanStart = nil }
      return []
    case .enter:
      return perform("\(use.command) \(editor.text)")
    default: _ = editor.handle(key)
    }
    entry = .line(use, editor)
    // Help is narrowed while it is typed: there is no place to jump to.
    if use == .search, view == HelpView.name { (helpFilter, helpTop) = (editor.text, 0) }
    return []
  }

  private mutating func type(_ key: Key, for use: LetterUse) -> [Effect] {
    entry = .none
    guard case .character(let letter) = key else { return [] }
    return perform(use == .mark ? "mark \(letter)" : "goto-mark \(letter)")
  }

  private mutating func type(_ key: Key, in entry: Chooser) -> [Effect] {
    var chooser = entry
    self.entry = .none
    switch key {
    case .escape, .control("c"): return []
    case .enter:
      guard let choice = chooser.choice else {
        say("nothing of the list fits \(chooser.editor.text)")
        return []
      }
      guard choice.isBeginning else { return perform(choice.command) }
      return type(command: choice.command)
    case .up, .control("p"), .backTab: chooser.move(-1)
    case .down, .control("n"), .tab: chooser.move(1)
    case .pageUp: chooser.move(-8)
    case .pageDown: chooser.move(8)
    default: if chooser.editor.handle(key) { chooser.chosen = 0 }
    }
    self.entry = .choice(chooser)
    return []
  }

  /// Pasted text is text, never keys.
  mutating func paste(_ text: String) {
    // All but a prompt is one line.
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    switch entry {
    case .none, .letter: notice = Notice(text: "e edits the prompt: paste there", isError: false)
    case .command(var command):
      command.editor.insert(line)
      command.chosen = nil
      entry = .command(command)
    case .prompt(var prompt):
      prompt.editor.insert(text)
      entry = .prompt(prompt)
    case .line(let use, var editor):
      editor.insert(line)
      entry = .line(use, editor)
    case .choice(var chooser):
      chooser.editor.insert(line)
      chooser.chosen = 0
      entry = .choice(chooser)
    }
  }

  /// What the mouse does to a map: the wheel zooms at the pointer, dragging moves a map that is larger
  /// than its window; nil for everything else.
  private mutating func pointAtMap(_ event: MouseEvent) -> [Effect]? {
    guard let subject else { return nil }
    let grid = MapLayout(subject, self, in: body).grid
    let under = grid.weight(atX: event.x, y: event.y)
    switch event.kind {
    case .wheelUp, .wheelDown:
      if let under { (query, key) = under }
      let effects = update(&self, event.kind == .wheelUp ? .zoomIn : .zoomOut)
      // What was under the pointer stays there, so that the next turn of the wheel means it again.
      let zoomed = MapLayout(subject, self, in: body).grid
      if let under, let there = zoomed.weight(atX: event.x, y: event.y) {
        origin.row = max(0, zoomed.rows.lowerBound + under.query - there.query)
        origin.column = max(0, zoomed.columns.lowerBound + under.key - there.key)
      }
      return effects
    case .drag:
      let isWhole =
        grid.rows.count == subject.patterns.queryCount
        && grid.columns.count == subject.patterns.keyCount
      guard let under else { return nil }
      // A map that is seen whole has nowhere to go: dragging draws a region, W asks who does it.
      guard !isWhole else {
        if anchor == nil { anchor = (query, key) }
        (query, key) = under
        say("region from here to the cursor; W ranks heads")
        return []
      }
      // What was pressed stays under the pointer.
      origin.row = max(0, grid.rows.lowerBound + query - under.query)
      origin.column = max(0, grid.columns.lowerBound + key - under.key)
      return []
    case .press:
      anchor = nil
      return nil
    case .release: return nil
    }
  }

  /// What the mouse does.
  mutating func point(_ event: MouseEvent) -> [Effect] {
    guard entry == .none else { return [] }
    if view == MapView.name, let effects = pointAtMap(event) { return effects }
    switch event.kind {
    case .wheelUp: return update(&self, .move(.up))
    case .wheelDown: return update(&self, .move(.down))
    case .release: return []
    case .press, .drag:
      let region = body
      guard region.contains(event.x, event.y) else { return [] }
      let action = ExplorerViews.named(view).action(
        atX: event.x, y: event.y, in: region, of: self)
      if case .enter = action, event.kind == .drag { return [] }
      return action.map { update(&self, $0) } ?? []
    }
  }
}
