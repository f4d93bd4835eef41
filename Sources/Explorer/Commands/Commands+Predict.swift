extension Commands {
  private static let here = [PredictView.name]

  static let predict: [Command] = [
    Command(
      "choose-token", keys: [.character("t")], group: .change, views: here,
      hint: .init(keys: "t", label: "token", views: []), help: "Whose logit heads add to",
      change: { state in
        let first = Chooser.Item(
          name: "the most probable", help: "whatever the model expects", command: "token")
        let others = PredictView.candidates(state).map { guess in
          Chooser.Item(
            name: TokenText.shown(guess.bytes, charset: state.appearance.charset),
            help: "\(guess.probability.fixed(4))  #\(guess.id)", command: "token #\(guess.id)")
        }
        guard !others.isEmpty else {
          state.say("nothing is expected here yet")
          return []
        }
        state.entry = .choice(
          Chooser(title: "Take apart the logit of", items: [first] + others, current: ""))
        return []
      }),
    Command(
      "token", "[#ID]", group: .change, help: "Heads that add to a token",
      candidates: { state in PredictView.candidates(state).map { "#\($0.id)" } },
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "token") }
        let typed = text.trimmed
        let named = PredictView.candidates(state).first {
          TokenText.shown($0.bytes, charset: state.appearance.charset) == typed
            || String(decoding: $0.bytes, as: UTF8.self).trimmed == typed
        }
        let id = named?.id ?? (typed.hasPrefix("#") ? Int(typed.dropFirst()) : nil)
        guard typed.isEmpty || id != nil else {
          throw .badArgument(
            command: "token", found: typed, expected: "#ID, or a token that is expected here")
        }
        return .change { state in
          state.chosenToken = typed.isEmpty ? nil : id
          state.open(PredictView.name)
          return []
        }
      }),
  ]
}
