import Models

extension Commands {
  private static let withHeads = [
    AtlasView.name, MapView.name, TokensView.name, ScoresView.name, LayersView.name,
    HeadsView.name, CompareView.name, PruneView.name, GenerateView.name,
  ]

  static let change: [Command] = [
    Command(
      "select", keys: [.character(" ")], group: .change, views: withHeads,
      help: "Select this head, or no longer",
      change: { state in
        for head in state.range where !state.selected.insert(head).inserted {
          state.selected.remove(head)
        }
        return []
      }),
    Command(
      "select-none", group: .change, help: "Select no head",
      change: { state in
        state.selected = []
        return []
      }),
    Command(
      "corner", keys: [.character("V")], group: .change, views: [MapView.name, TokensView.name],
      hint: .init(keys: "V", label: "region", views: [MapView.name]),
      help: "A region from here to the cursor",
      change: { state in
        state.anchor = state.anchor == nil ? (state.query, state.key) : nil
        state.say(
          state.anchor == nil ? "no region" : "region from here to the cursor; W ranks heads")
        return []
      }),
    Command(
      "who", keys: [.character("W")], group: .change,
      views: [MapView.name, TokensView.name, NeuronView.name],
      help: "Who does this? Heads by this weight",
      action: { _, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "who") }
        return .change { state in
          let region = state.region
          state.errands.append(state.ask(.edge(queries: region.queries, keys: region.keys)))
          return []
        }
      }),
    Command(
      "like", keys: [.character("%")], group: .change, views: withHeads,
      help: "Rank heads by likeness to this one",
      action: { _, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "like") }
        return .change { state in
          state.errands.append(state.ask(.like(state.head)))
          return []
        }
      }),
    Command(
      "knock-out", keys: [.character("x")], group: .change, views: withHeads + [PredictView.name],
      hint: .init(keys: "x", label: "without", views: []),
      help: "Run without this head, or with it",
      change: { state in
        state.knockOut(state.selected.isEmpty ? state.range : state.selected.sorted())
        return []
      }),
    Command(
      "knock-out-layer", keys: [.character("X")], group: .change,
      views: withHeads + [PredictView.name], help: "Without this layer's heads, or with",
      change: { state in
        let heads = state.subject?.patterns.heads ?? 0
        state.knockOut((0..<heads).map { HeadIndex(layer: state.head.layer, head: $0) })
        return []
      }),
    Command(
      "restore", group: .change, help: "The model as it is, nothing changed",
      change: { state in
        state.change { $0 = Alteration() }
        return []
      }),
    Command(
      "note", "[TEXT]", group: .change, help: "Note this about the head, or nothing",
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "note") }
        return .change { state in
          state.notes[state.head] = text.trimmed.isEmpty ? nil : text.trimmed
          return []
        }
      }),
    Command(
      "repeat", keys: [.character(".")], group: .program, counted: true,
      help: "Do the last change again",
      change: { state in
        guard let (line, count) = state.repeated else {
          state.say("nothing to repeat")
          return []
        }
        state.count = count
        return state.perform(line)
      }),
    Command(
      "undo", keys: [.character("u")], group: .find, counted: true,
      help: "Undo a knock-out or a prompt",
      change: { state in state.restore(state.edits.undo(state.version), "nothing to undo") }),
    Command(
      "redo", keys: [.control("r")], group: .find, counted: true, help: "Undo the undoing",
      change: { state in state.restore(state.edits.redo(state.version), "nothing to redo") }),
  ]
}

extension ExplorerState {
  /// As many heads of this layer as the number before the command says, from this one on.
  var range: [HeadIndex] {
    guard let patterns = subject?.patterns else { return [] }
    let last = min(patterns.heads, head.head + max(1, count ?? 1))
    return (head.head..<max(head.head, last)).map { HeadIndex(layer: head.layer, head: $0) }
  }

  /// Queries and keys of the region, or the weight under the cursor.
  var region: (queries: Range<Int>, keys: Range<Int>) {
    let corner = anchor ?? (query, key)
    return (
      min(corner.query, query)..<max(corner.query, query) + 1,
      min(corner.key, key)..<max(corner.key, key) + 1
    )
  }

  /// Knocks heads out; back in when all of them are out.
  mutating func knockOut(_ heads: [HeadIndex]) {
    guard let subject, !heads.isEmpty else { return say("no head to knock out") }
    let stream = subject.stream
    // A head is named by its layer and number alone: those that are out belong to one part.
    guard alteration.knockedOut.isEmpty || alteration.stream == stream else {
      return say("heads of \(alteration.stream.inWords) are out; put them back first, u undoes")
    }
    guard stream == .decoder || alteration.rules.isEmpty else {
      return say("a rule stands in the decoder; drop it before heads of \(stream.inWords) go")
    }
    change { alteration in
      alteration.stream = stream
      if alteration.knockedOut.isSuperset(of: heads) {
        alteration.knockedOut.subtract(heads)
      } else {
        alteration.knockedOut.formUnion(heads)
      }
      if alteration.knockedOut.isEmpty { alteration.stream = .decoder }
    }
  }

  /// Changes what is changed about the model, so that it can be undone.
  mutating func change(_ change: (inout Alteration) -> Void) {
    guard subject?.isMapsOnly != true else {
      return say("\(OpenMapsError.noModel(for: "a change"))")
    }
    var next = alteration
    change(&next)
    guard next != alteration else { return }
    edits.note(version)
    alteration = next
  }

  /// What undo goes back to.
  var version: Edits.Version { .init(alteration: alteration, prompt: prompt) }

  /// Brings an earlier version back; the model runs again when its prompt was another.
  mutating func restore(_ version: Edits.Version?, _ otherwise: String) -> [Effect] {
    guard let version else {
      say(otherwise)
      return []
    }
    alteration = version.alteration
    return version.prompt == prompt ? [] : run(version.prompt)
  }
}
