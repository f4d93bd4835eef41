import Models

extension Commands {
  private static let withHeads = [
    AtlasView.name, MapView.name, TokensView.name, ScoresView.name, LayersView.name,
    HeadsView.name, CompareView.name, PruneView.name, GenerateView.name, ImageView.name,
    NeuronView.name,
  ]

  static let change: [Command] = [
    Command(
      "select", "[HEADS]", keys: [.character(" ")], group: .change, views: withHeads,
      help: "Select this head, or no longer",
      action: { text, state throws(ExplorerError) in
        guard text.trimmed.isEmpty else {
          guard let heads = state.heads(named: text.trimmed) else {
            throw .badArgument(
              command: "select", found: text.trimmed, expected: "heads such as L5.H1,L3")
          }
          return .change { state in
            state.selected.formUnion(heads)
            return []
          }
        }
        return .change { state in
          for head in state.range where !state.selected.insert(head).inserted {
            state.selected.remove(head)
          }
          return []
        }
      }),
    Command(
      "select-none", group: .change, help: "Select no head",
      change: { state in
        state.selected = []
        return []
      }),
    Command(
      "corner", "[Q K]", keys: [.character("V")], group: .change,
      views: [MapView.name, TokensView.name],
      hint: .init(keys: "V", label: "region", views: [MapView.name]),
      help: "A region from here to the cursor",
      action: { text, state throws(ExplorerError) in
        guard text.trimmed.isEmpty else {
          let corner = try weight(text, "corner", state)
          return .change { state in
            state.anchor = corner
            return []
          }
        }
        return .change { state in
          state.anchor = state.anchor == nil ? (state.query, state.key) : nil
          state.say(
            state.anchor == nil ? "no region" : "region from here to the cursor; W ranks heads")
          return []
        }
      }),
    Command(
      "who", "[Q-Q K-K]", keys: [.character("W")], group: .change,
      views: [MapView.name, TokensView.name, NeuronView.name],
      help: "Who does this? Heads by this weight",
      action: { text, state throws(ExplorerError) in
        guard let subject = state.subject else { throw .nothingLoaded(command: "who") }
        let words = text.split(separator: " ")
        let ranges = words.compactMap { Range(positions: $0) }
        let (queries, keys) = (subject.patterns.queryCount, subject.patterns.keyCount)
        guard
          words.isEmpty
            || words.count == 2 && ranges.count == 2 && ranges[0].upperBound <= queries
              && ranges[1].upperBound <= keys
        else {
          throw .badArgument(
            command: "who", found: text.trimmed,
            expected: "queries up to \(queries - 1) and keys up to \(keys - 1), such as 4-6 0")
        }
        return .change { state in
          let region = state.region
          let (queries, keys) =
            ranges.isEmpty ? (region.queries, region.keys) : (ranges[0], ranges[1])
          state.rank(by: state.ask(.edge(queries: queries, keys: keys)))
          return []
        }
      }),
    Command(
      "like", "[HEAD]", keys: [.character("%")], group: .change, views: withHeads,
      help: "Rank heads by likeness to this one",
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "like") }
        var named: HeadIndex?
        if !text.trimmed.isEmpty {
          named = HeadIndex(text.trimmed)
          guard let named, state.heads(named: "\(named)") != nil else {
            throw .badArgument(command: "like", found: text.trimmed, expected: "a head like L5.H1")
          }
        }
        return .change { [named] state in
          state.rank(by: state.ask(.like(named ?? state.head)))
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

extension Commands {
  /// A query and a key, as `4 0`.
  static func weight(
    _ text: String, _ command: String, _ state: ExplorerState
  ) throws(ExplorerError) -> (query: Int, key: Int) {
    guard let patterns = state.subject?.patterns else { throw .nothingLoaded(command: command) }
    let words = text.split(separator: " ").map { Int($0) }
    guard words.count == 2, let query = words[0], let key = words[1],
      (0..<patterns.queryCount).contains(query), (0..<patterns.keyCount).contains(key)
    else {
      throw .badArgument(
        command: command, found: text.trimmed,
        expected: "a query up to \(patterns.queryCount - 1) and a key up to"
          + " \(patterns.keyCount - 1), such as 4 0")
    }
    return (query, key)
  }
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
    change { alteration in
      if alteration.knockedOut[stream].isSuperset(of: heads) {
        alteration.knockedOut[stream].subtract(heads)
      } else {
        alteration.knockedOut[stream].formUnion(heads)
      }
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
  var version: Edits.Version { .init(alteration: alteration, prompt: prompt, medium: medium) }

  /// Brings an earlier version back; the model runs again when its prompt was another.
  mutating func restore(_ version: Edits.Version?, _ otherwise: String) -> [Effect] {
    guard let version else {
      say(otherwise)
      return []
    }
    alteration = version.alteration
    guard version.prompt != prompt || version.medium != medium else { return [] }
    medium = version.medium
    return run(version.prompt)
  }
}
