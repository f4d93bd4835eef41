extension ExplorerState {
  /// What a key does: the line being typed has it first, then the commands.
  mutating func press(_ key: Key) -> [Effect] {
    notice = nil
    // Whatever is being typed, the screen can be repaired and the shell reached.
    if entry != .none, key == .control("z") { return [.screen(.suspend)] }
    if entry != .none, key == .control("l") { return [.screen(.redraw)] }
    switch entry {
    case .none:
      guard let command = Commands.command(for: key, in: view) else { return [] }
      return perform { state throws(ExplorerError) in try command.action("", state) }
    case .command(let entry): return type(key, in: entry)
    case .prompt(let editor): return type(key, in: editor)
    }
  }

  /// Carries out what was asked for, or says why not.
  private mutating func perform(
    _ action: (ExplorerState) throws(ExplorerError) -> Action
  ) -> [Effect] {
    do {
      return update(&self, try action(self))
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
      let typed = command.editor.text
      return perform { state throws(ExplorerError) in try Commands.parse(typed, state) }
    case .tab: command.complete(self, by: 1)
    case .backTab: command.complete(self, by: -1)
    case .up, .control("p"): command.recall(history, by: -1)
    case .down, .control("n"): command.recall(history, by: 1)
    default: if command.editor.handle(key) { command.chosen = nil }
    }
    self.entry = .command(command)
    return list(for: command)
  }

  /// Asks for what could follow `:open`, unless the line was taken from that list.
  private func list(for command: CommandEntry) -> [Effect] {
    let parts = command.editor.text.split(separator: " ", maxSplits: 1)
    guard command.chosen == nil, parts.first == "open", command.editor.text.contains(" ") else {
      return []
    }
    return [.list(parts.count > 1 ? String(parts[1]) : "")]
  }

  private mutating func type(_ key: Key, in editor: LineEditor) -> [Effect] {
    var editor = editor
    entry = .none
    switch key {
    case .escape, .control("c"): return []
    case .enter:
      guard !editor.characters.isEmpty else { return [] }
      return update(&self, .run(editor.text))
    default: _ = editor.handle(key)
    }
    entry = .prompt(editor)
    return []
  }

  /// Pasted text is text, never keys.
  mutating func paste(_ text: String) {
    switch entry {
    case .none: notice = Notice(text: "e edits the prompt: paste there", isError: false)
    case .command(var command):
      // A command is one line.
      command.editor.insert(text.split(whereSeparator: \.isNewline).joined(separator: " "))
      command.chosen = nil
      entry = .command(command)
    case .prompt(var editor):
      editor.insert(text)
      entry = .prompt(editor)
    }
  }

  /// What the mouse does.
  mutating func point(_ event: MouseEvent) -> [Effect] {
    guard entry == .none else { return [] }
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
