extension Commands {
  private static let here = [GenerateView.name]

  static let generate: [Command] = [
    Command(
      "generate", "[N]", keys: [.enter], group: .views, views: here,
      hint: .init(keys: "Enter", label: "one more", views: []),
      help: "Write one or N tokens",
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "generate") }
        let typed = text.trimmed
        guard typed.isEmpty || Int(typed).map({ (1...10_000).contains($0) }) == true else {
          throw .badArgument(
            command: "generate", found: typed, expected: "a number of tokens from 1 to 10000")
        }
        let count = Int(typed) ?? state.count ?? 1
        return .change { state in
          // Opened by name, the view asks for its first token itself.
          state.open(GenerateView.name)
          state.write(more: count)
          return []
        }
      }),
    Command(
      "rows", keys: [.character("t")], group: .views, views: here,
      hint: .init(keys: "t", label: "mean/head", views: []),
      help: "Rows: mean, head, maximum",
      change: { state in
        let order: [Lens.Pool] = [.average, .head, .maximum]
        let place = order.firstIndex(of: state.writing.pool) ?? 0
        state.writing.pool = order[(place + 1) % order.count]
        return []
      }),
  ]
}
