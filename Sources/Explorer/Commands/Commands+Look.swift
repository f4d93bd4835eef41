extension Commands {
  private static let withMaps = [
    AtlasView.name, MapView.name, TokensView.name, HeadsView.name, CompareView.name,
  ]
  private static let withColors = withMaps + [GenerateView.name]
  private static let opening = [
    AtlasView.name, MapView.name, ScoresView.name, LayersView.name, HeadsView.name,
    PredictView.name,
  ]

  static let look: [Command] = [
    Command(
      "zoom-in", keys: [.character("+")], group: .look, views: [MapView.name],
      hint: .init(keys: "+ -", label: "zoom", views: []), counted: true,
      help: "More cells for each weight", .zoomIn),
    Command(
      "zoom-out", keys: [.character("-")], group: .look, views: [MapView.name], counted: true,
      help: "Fewer cells for each weight", .zoomOut),
    Command(
      "fit", keys: [.character("=")], group: .look, views: [MapView.name],
      help: "The whole map in the window", .zoom(.fit)),
    Command(
      "scroll", "Q K", group: .look, views: [MapView.name],
      help: "Where the map begins",
      action: { text, state throws(ExplorerError) in
        let corner = try weight(text, "scroll", state)
        return .change { state in
          state.origin = (corner.query, corner.key)
          return []
        }
      }),
    Command(
      "blocks", "[NAME]", keys: [.character("B")], group: .look, views: withMaps,
      help: "Blocks of weights: max or mean",
      candidates: { _ in Blocks.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        let next = step(state.blocks, Blocks.allCases)
        let named = try choice(text, "blocks", Blocks.allCases, next)
        return .change { state in
          state.blocks = named
          state.say("blocks of weights: \(named.rawValue)")
          return []
        }
      }),
    Command(
      "scale", "[NAME]", keys: [.character("z")], group: .look, views: withColors,
      hint: .init(keys: "z", label: "scale", views: [MapView.name, TokensView.name]),
      help: "Colours linear, log or by quantile",
      candidates: { _ in Scale.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        guard !text.trimmed.isEmpty else { return .scale(state.scale.next) }
        let name = try word(text, "scale", among: Scale.allCases.map(\.rawValue))
        return .scale(Scale(rawValue: name) ?? state.scale)
      }),
    Command(
      "ramp", "[NAME]", keys: [.character("c")], group: .look, views: withColors,
      help: "The colours of the ramp",
      candidates: { _ in Ramp.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        guard !text.trimmed.isEmpty else { return .ramp(state.ramp.next) }
        let name = try word(text, "ramp", among: Ramp.allCases.map(\.rawValue))
        return .ramp(Ramp(rawValue: name) ?? state.ramp)
      }),
    Command(
      "sinks", "[NAME]", keys: [.character("Z")], group: .look, views: withMaps,
      help: "Sinks shown, hidden, renormalised",
      candidates: { _ in Lens.Sinks.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        let next = step(state.lens.sinks, Lens.Sinks.allCases)
        let named = try choice(text, "sinks", Lens.Sinks.allCases, next)
        return .change { state in
          state.lens.sinks = named
          state.say("sinks \(named.rawValue)")
          return []
        }
      }),
    Command(
      "pool", "[NAME]", keys: [.character("a")], group: .look, views: withMaps,
      help: "One head, or average, maximum of all",
      candidates: { _ in Lens.Pool.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        let next = step(state.lens.pool, Lens.Pool.allCases)
        let named = try choice(text, "pool", Lens.Pool.allCases, next)
        return .change { state in
          state.lens.pool = named
          state.say(named == .head ? "one head" : "\(named.rawValue) of the layer's heads")
          return []
        }
      }),
    Command(
      "value-weighted", keys: [.character("v")], group: .look, views: withMaps,
      help: "Weights by the length of the values",
      change: { state in
        state.lens.isValueWeighted.toggle()
        state.say(
          state.lens.isValueWeighted ? "by the length of the values" : "weights as they are")
        return []
      }),
    Command(
      "words", keys: [.character("w")], group: .look, views: withMaps,
      help: "Tokens of a word as one",
      change: { state in
        state.toggleWords()
        return []
      }),
    Command(
      "in", keys: [.enter], group: .look,
      views: opening + [CompareView.name],
      hint: .init(keys: "Enter", label: "open", views: opening),
      help: "Look closer: map, then tokens",
      .enter),
    Command(
      "out", keys: [.escape], group: .look, help: "Back one view; never quits", .leave),
  ]

  /// One of several words.
  static func word(
    _ text: String, _ command: String, among words: [String]
  ) throws(ExplorerError) -> String {
    let text = text.trimmed
    guard words.contains(text) else {
      throw .badArgument(
        command: command, found: text, expected: words.joined(separator: ", "))
    }
    return text
  }

  /// One of several values by name, or `otherwise` without a name.
  static func choice<Value: RawRepresentable<String>>(
    _ text: String, _ command: String, _ values: [Value], _ otherwise: Value
  ) throws(ExplorerError) -> Value {
    guard !text.trimmed.isEmpty else { return otherwise }
    let name = try word(text, command, among: values.map(\.rawValue))
    return values.first { $0.rawValue == name } ?? otherwise
  }

  /// The value after one, the first after the last.
  static func step<Value: Equatable>(_ value: Value, _ values: [Value]) -> Value {
    let place = values.firstIndex(of: value) ?? 0
    return values[(place + 1) % values.count]
  }
}
