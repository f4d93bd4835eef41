extension Commands {
  private static let here = [CompareView.name]

  static let compare: [Command] = [
    Command(
      "choose-other", keys: [.character("t")], group: .change, views: here,
      hint: .init(keys: "t", label: "with", views: []), help: "Choose the other side",
      change: { state in
        state.entry = .choice(state.otherChooser)
        return []
      }),
    Command(
      "compare", "WITH", group: .change, help: "Heads, change, prompts or models",
      candidates: { state in
        Comparison.allCases.map(\.rawValue) + ["prompt "]
          + ([""] + state.listing).map { "open \($0)" }
      },
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "compare") }
        // Blanks belong to a prompt, too.
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        let rest = words.count > 1 ? words[1] : ""
        if !rest.isEmpty, words[0] == "prompt" {
          return .change { $0.compare(with: .prompt(rest)) }
        }
        if !rest.isEmpty, words[0] == "open" {
          return .change { $0.compare(with: .model(rest.trimmed)) }
        }
        guard let comparison = Comparison(rawValue: text.trimmed) else {
          let kinds = Comparison.allCases.map(\.rawValue).joined(separator: ", ")
          throw .badArgument(
            command: "compare", found: text.trimmed,
            expected: "\(kinds), prompt TEXT or open MODEL")
        }
        return .change { $0.compare(comparison) }
      }),
  ]
}
