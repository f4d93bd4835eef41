import Analysis

extension Commands {
  private static let here = [PruneView.name]

  static let prune: [Command] = [
    Command(
      "choose-measure", keys: [.character("o")], group: .change, views: here,
      hint: .init(keys: "o", label: "measure", views: []), help: "Choose a measure of need",
      change: { state in
        state.entry = .choice(state.measureChooser)
        return []
      }),
    Command(
      "prune", "NAME", group: .change, help: "Loss as heads go, by a score",
      candidates: { _ in [PruneRequest.greedy] + HeadScores.all.map { $0.name } },
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "prune") }
        var words = text.split(separator: " ").map(String.init)
        let recomputes = words.last == "recompute"
        if recomputes { words.removeLast() }
        let name = words.joined(separator: " ")
        guard name == PruneRequest.greedy && !recomputes || HeadScores.named(name) != nil else {
          throw .badArgument(
            command: "prune", found: text.trimmed,
            expected: "greedy, or a score of heed scores --list and recompute or not")
        }
        return .change { state in
          state.prune(by: name, recomputes: recomputes)
          return []
        }
      }),
    Command(
      "take-out", keys: [.enter], group: .change, views: here,
      hint: .init(keys: "Enter", label: "take out", views: []),
      help: "Run without the heads gone",
      change: { state in
        guard let point = state.pruning.point else {
          state.say("there is no curve yet")
          return []
        }
        state.take(point.mask, from: nil)
        return []
      }),
    Command(
      "mask", "write|read F", group: .change, help: "Heads that are gone, as JSON",
      candidates: { state in ["write "] + ([""] + state.listing).map { "read \($0)" } },
      action: { text, state throws(ExplorerError) in
        guard let run = state.run else { throw .nothingLoaded(command: "mask") }
        let words = text.trimmed.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, ["write", "read"].contains(words[0]) else {
          throw .badArgument(
            command: "mask", found: text.trimmed, expected: "write FILE or read FILE")
        }
        let file = words[1].trimmed
        guard words[0] == "write" else { return .change { _ in [.readMask(file)] } }
        let (mask, all) = (state.maskToWrite, run.patterns.layers * run.patterns.heads)
        guard !mask.removed.isEmpty, mask.removed.count < all else {
          throw .refused(
            command: "mask",
            why: "\(mask.removed.isEmpty ? "no head is" : "every head is") out; x takes heads out")
        }
        return .change { _ in [.save(name: file, text: mask.json)] }
      }),
  ]
}
