import Analysis

extension Commands {
  private static let withQueries = [MapView.name, TokensView.name, NeuronView.name]

  static let find: [Command] = [
    Command(
      "search", "[TEXT]", keys: [.character("/")], group: .find,
      help: "Find a token by its text, or help",
      action: { text, state throws(ExplorerError) in
        guard !text.isEmpty else {
          return .change { state in
            state.entry = .line(.search, LineEditor())
            return []
          }
        }
        return .change { state in
          state.sought = text
          if state.view == HelpView.name { state.helpFilter = text } else { state.seek(1) }
          return []
        }
      }),
    Command(
      "next-match", keys: [.character("n")], group: .find, counted: true,
      help: "The next token that was searched for",
      change: { state in
        state.seek(1)
        return []
      }),
    Command(
      "previous-match", keys: [.character("N")], group: .find, counted: true,
      help: "The one before",
      change: { state in
        state.seek(-1)
        return []
      }),
    Command(
      "follow", keys: [.character("f")], group: .find, views: withQueries,
      hint: .init(keys: "f", label: "follow", views: []), counted: true,
      help: "To the key that gets most, and on",
      change: { state in
        state.followStrongest()
        return []
      }),
    Command(
      "filter", "[TEXT]", keys: [.character("&")], group: .find,
      help: "Only heads such as layer<6, or all",
      candidates: { state in state.scoreNames.map { "\($0)>" } + ["layer<", "head<"] },
      action: { text, state throws(ExplorerError) in
        guard !text.trimmed.isEmpty else {
          return .change { state in
            state.entry = .line(.filter, LineEditor(state.filter?.text ?? ""))
            return []
          }
        }
        let filter: HeadFilter
        do throws(HeadFilterError) {
          filter = try HeadFilter(text.trimmed, known: state.scoreNames)
        } catch {
          throw .refused(command: "filter", why: error.description)
        }
        return .change { state in
          state.filter = filter
          let isKnown = filter.scores.allSatisfy { name in
            state.scores.contains { $0.name == name }
          }
          if isKnown, state.heads().isEmpty { state.say("no head fulfils all of this") }
          return []
        }
      }),
    Command(
      "mark", "LETTER", keys: [.character("m")], group: .find, help: "Name this place by a letter",
      action: { text, _ throws(ExplorerError) in
        let letter = try letter(text, "mark")
        return .change { state in
          guard let letter else {
            state.entry = .letter(.mark)
            return []
          }
          state.marks[letter] = state.place
          state.say("this is \(letter); ' and \(letter) come back")
          return []
        }
      }),
    Command(
      "goto-mark", "LETTER", keys: [.character("'")], group: .find,
      help: "Go to a named place; ' goes back",
      candidates: { $0.marks.keys.map { String($0) }.sorted() },
      action: { text, state throws(ExplorerError) in
        guard let letter = try letter(text, "goto-mark") else {
          return .change { state in
            state.entry = .letter(.goto)
            return []
          }
        }
        guard letter != "'" else { return .change { $0.goBack() } }
        guard let place = state.marks[letter] else {
          let known = state.marks.keys.map { String($0) }.sorted().joined(separator: ", ")
          throw .badArgument(
            command: "goto-mark", found: String(letter),
            expected: known.isEmpty ? "a mark; m sets one" : "one of \(known)")
        }
        return .change { state in
          state.trail.leave(state.place)
          state.go(to: place)
          return []
        }
      }),
    Command(
      "back", keys: [.character("("), .backspace], group: .find, counted: true,
      help: "Back to the place before", change: { $0.goBack() }),
    Command(
      "forward", keys: [.character(")")], group: .find, counted: true,
      help: "Forward again",
      change: { state in
        guard let place = state.trail.forward(from: state.place) else {
          state.say("no place to go forward to")
          return []
        }
        state.go(to: place)
        return []
      }),
  ]

  /// A letter, or nil when none was given.
  private static func letter(
    _ text: String, _ command: String
  ) throws(ExplorerError) -> Character? {
    let text = text.trimmed
    guard text.count <= 1 else {
      throw .badArgument(command: command, found: text, expected: "one letter")
    }
    return text.first
  }
}
