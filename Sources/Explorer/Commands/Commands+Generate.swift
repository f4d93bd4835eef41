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
          state.write(more: count, isOnTop: typed.isEmpty)
          return []
        }
      }),
    Command(
      "rows", "[NAME]", keys: [.character("t")], group: .views, views: here,
      hint: .init(keys: "t", label: "mean/head", views: []),
      help: "Rows: mean, head, maximum",
      candidates: { _ in Lens.Pool.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        let order: [Lens.Pool] = [.average, .head, .maximum]
        let named = try choice(text, "rows", order, step(state.writing.pool, order))
        return .change { state in
          state.writing.pool = named
          state.say(
            "rows: \(named == .head ? "the head of each layer" : "\(named.rawValue) of heads")")
          return []
        }
      }),
    Command(
      "step", "N", group: .move, views: here + [PruneView.name],
      help: "Step N of a text or a curve, from 0",
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "step") }
        guard let number = Int(text.trimmed), number >= 0 else {
          throw .badArgument(command: "step", found: text.trimmed, expected: "a number from 0")
        }
        return .change { state in
          if state.view == PruneView.name {
            // Without a curve yet, it is the place to begin at.
            let last = state.pruning.curve.map { $0.points.count - 1 }
            state.pruning.place = min(number, last ?? number)
          } else {
            state.writing.go(to: number, of: state.written.tokens.count)
          }
          return []
        }
      }),
  ]
}
