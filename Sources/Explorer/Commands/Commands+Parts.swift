import Models

extension Commands {
  private static let withTokens = [MapView.name, TokensView.name]

  /// Parts of a run and of its prompt.
  static let parts: [Command] = [
    Command(
      "stream", "[NAME]", keys: [.character("E")], group: .views,
      hint: .init(keys: "E", label: "part", views: []),
      help: "Encoder, decoder, cross attention",
      candidates: { $0.subject?.streams.map(\.rawValue) ?? [] },
      action: { text, state throws(ExplorerError) in
        guard let subject = state.subject else { throw .nothingLoaded(command: "stream") }
        guard subject.streams.count > 1 else {
          throw .refused(command: "stream", why: "this run has one stack, no encoder and decoder")
        }
        let streams = subject.streams
        guard !text.trimmed.isEmpty else {
          let place = streams.firstIndex(of: subject.stream) ?? 0
          return .change { $0.look(at: streams[(place + 1) % streams.count]) }
        }
        let name = try word(text, "stream", among: streams.map(\.rawValue))
        return .change { state in
          StreamName(rawValue: name).map { state.look(at: $0) } ?? []
        }
      }),
    Command(
      "between", "[A->B]", keys: [.character("F")], group: .look,
      help: "Attention between named parts only",
      candidates: { ($0.subject?.spanPairs.map(\.description) ?? []) + ["all"] },
      action: { text, state throws(ExplorerError) in
        guard let subject = state.subject else { throw .nothingLoaded(command: "between") }
        let pairs = subject.spanPairs
        guard !pairs.isEmpty else {
          throw .refused(
            command: "between", why: "no part of the prompt has a name; A names one, --pair two")
        }
        var pair = state.nextPair
        if !text.trimmed.isEmpty {
          let name = try word(text, "between", among: pairs.map(\.description) + ["all"])
          pair = SpanPair(name)
        }
        return .change { [pair] state in
          state.lens.between = pair
          state.say(pair.map { "only \($0)" } ?? "attention of all tokens")
          return []
        }
      }),
    Command(
      "span", "[NAME]", keys: [.character("A")], group: .prompt, views: withTokens,
      help: "Name a part: its start, then its end",
      action: { text, state throws(ExplorerError) in
        guard let subject = state.subject else { throw .nothingLoaded(command: "span") }
        let name = text.trimmed
        if name.contains("=") { return try spanNamed(name, of: subject) }
        guard !state.lens.hasWords else {
          throw .refused(command: "span", why: "parts are made of tokens; w leaves words")
        }
        guard subject.queryPrompt?.ids == subject.asked?.ids else {
          throw .refused(
            command: "span", why: "what the encoder reads has named parts; E shows that")
        }
        guard let start = state.spanStart else {
          return .change { state in
            state.spanStart = state.query
            state.say("from query \(state.query); move to the last token, then A again")
            return []
          }
        }
        guard !name.isEmpty else {
          return .change { state in
            state.entry = .line(.span, LineEditor())
            return []
          }
        }
        let tokens = min(start, state.query)..<max(start, state.query) + 1
        return .change { state in
          let others = state.spans.filter { $0.name != name }
          return state.name(others + [PromptSpan(name: name, tokens: tokens)])
        }
      }),
    Command(
      "span-none", "[NAME]", group: .prompt, help: "Take a part's name away, or all",
      candidates: { $0.spans.map(\.name) },
      action: { text, state throws(ExplorerError) in
        let name = text.trimmed
        let rest = name.isEmpty ? [] : state.spans.filter { $0.name != name }
        guard rest.count < state.spans.count else {
          throw .badArgument(
            command: "span-none", found: name,
            expected: state.spans.isEmpty
              ? "a named part, and there is none" : state.spans.map(\.name).joined(separator: ", "))
        }
        return .change { state in
          state.spanStart = nil
          return state.name(rest)
        }
      }),
  ]

  /// `NAME=START..END` as the command line takes it.
  private static func spanNamed(
    _ text: String, of subject: Subject
  ) throws(ExplorerError) -> Action {
    guard let span = PromptSpan(parsing: text) else {
      throw .badArgument(
        command: "span", found: text, expected: "a name, or NAME=START..END such as doc=3..9")
    }
    let count = subject.asked?.seq ?? 0
    guard span.tokens.upperBound <= count else {
      throw .badArgument(
        command: "span", found: text, expected: "tokens 0 to \(count - 1), END after the last one")
    }
    return .change { state in state.name(state.spans.filter { $0.name != span.name } + [span]) }
  }
}
