extension Commands {
  /// A command that gives the model another file to look at or to listen to.
  private static func beside(_ medium: Medium, help: String) -> Command {
    Command(
      medium.rawValue, "FILE", group: .prompt, help: help, candidates: { $0.listing },
      action: { text, state throws(ExplorerError) in
        guard !text.trimmed.isEmpty else {
          throw .badArgument(command: medium.rawValue, found: "", expected: "a file")
        }
        guard state.run?.media.contains(medium) ?? true else {
          throw .refused(
            command: medium.rawValue,
            why: medium == .image
              ? "this model looks at no image; :open MODEL --image FILE opens one that does"
              : "this model listens to no sound; :open MODEL --audio FILE opens one that does")
        }
        return .runBeside(medium.option(text.trimmed))
      })
  }

  static let prompt: [Command] = [
    Command(
      "edit", keys: [.character("e")], group: .prompt,
      hint: .init(keys: "e", label: "prompt", views: []),
      help: "Edit the prompt; Enter runs it", .openPrompt),
    Command(
      "prompt", "TEXT", group: .prompt, help: "Run the model on a text",
      action: { text, _ throws(ExplorerError) in
        guard !text.isEmpty else {
          throw .badArgument(command: "prompt", found: "", expected: "a text")
        }
        return .run(text)
      }),
    Command(
      "open", "MODEL", group: .prompt, help: "Open a model; --family F after it",
      candidates: { $0.listing },
      action: { text, _ throws(ExplorerError) in
        guard !text.trimmed.isEmpty else {
          throw .badArgument(command: "open", found: "", expected: "a model, as heed takes it")
        }
        return .openModel(text.trimmed)
      }),
    beside(.image, help: "Look at another image"),
    beside(.audio, help: "Listen to another sound"),
    Command(
      "rerun", keys: [.character("R")], group: .prompt, help: "Run the same prompt again",
      action: { _, state throws(ExplorerError) in .run(state.prompt) }),
    Command(
      "prompts", "FILE", group: .prompt, help: "Read prompts from a file, one a line",
      candidates: { $0.listing },
      action: { text, _ throws(ExplorerError) in
        guard !text.trimmed.isEmpty else {
          throw .badArgument(command: "prompts", found: "", expected: "a file")
        }
        return .change { _ in [.readPrompts(text.trimmed)] }
      }),
    Command(
      "next-prompt", keys: [.control("n")], group: .prompt, counted: true,
      help: "The next prompt of file or history", change: { $0.stepPrompt(1) }),
    Command(
      "previous-prompt", keys: [.control("p")], group: .prompt, counted: true,
      help: "The one before", change: { $0.stepPrompt(-1) }),
    Command(
      "cancel", keys: [.control("c")], group: .prompt,
      help: "Stop what runs; quit when idle", .cancel),
  ]

  static let program: [Command] = [
    Command(
      "command", keys: [.character(":")], group: .program,
      hint: .init(keys: ":", label: "command", views: []),
      help: "Type a command; Tab completes it", .openCommand),
    Command(
      "snapshot", "[FILE]", keys: [.character("s")], group: .program,
      hint: .init(keys: "s", label: "save", views: []),
      help: "Save this view: txt, ans, svg, html",
      action: { text, _ throws(ExplorerError) in
        .snapshot(text.trimmed.isEmpty ? nil : text.trimmed)
      }),
    Command(
      "export", "FILE", group: .program, help: "This view's numbers: csv, json, npz",
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "export") }
        let formats = TensorExports.all.map { $0.name }.joined(separator: ", ")
        guard (try? TensorExports.forFile(text.trimmed)) != nil else {
          throw .badArgument(
            command: "export", found: text.trimmed, expected: "a file that ends in \(formats)")
        }
        return .export(text.trimmed)
      }),
    Command(
      "write", "[FILE]", group: .program, help: "Save the session as text",
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "write") }
        return .writeSession(text.trimmed.isEmpty ? nil : text.trimmed)
      }),
    Command(
      "yank", keys: [.character("y")], group: .program,
      help: "Copy this view as text", .yank),
    Command(
      "mouse", keys: [.character("M")], group: .program,
      help: "Release or take the mouse", .mouseOnOff),
    Command(
      "redraw", keys: [.control("l")], group: .program, help: "Paint the window again", .redraw),
    Command(
      "suspend", keys: [.control("z")], group: .program, help: "Back to the shell; fg returns",
      .suspend),
    Command(
      "help", keys: [.character("?"), .function(1)], group: .program,
      hint: .init(keys: "?", label: "help", views: []),
      help: "What every key does", .show(HelpView.name)),
    Command(
      "close", keys: [.character("q")], group: .program,
      hint: .init(keys: "q", label: "close", views: []),
      help: "Close this view; quit at the last", .close),
    Command(
      "map", "KEY COMMAND", group: .program, help: "A command for a key, or none again",
      action: { text, _ throws(ExplorerError) in
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard let word = parts.first, let key = Key(label: word) else {
          throw .badArgument(
            command: "map", found: text, expected: "a key such as x, ^X, F5, Space")
        }
        let line = parts.count > 1 ? parts[1].trimmed : ""
        if let name = line.split(separator: " ").first.map(String.init), named(name) == nil {
          throw .unknownCommand(name, nearest: nearest(to: name))
        }
        return .change { state in
          state.ownKeys[key] = line.isEmpty ? nil : line
          state.say(line.isEmpty ? "\(word) is heed's own again" : "\(word) is :\(line) now")
          return []
        }
      }),
    Command("quit", keys: [.character("Q")], group: .program, help: "Leave heed", .quit),
  ]
}
