extension Commands {
  private static let withMaps = [AtlasView.name, MapView.name, TokensView.name]

  static let look: [Command] = [
    Command(
      "zoom-in", keys: [.character("+")], group: .look, views: [MapView.name],
      hint: .init(keys: "+ -", label: "zoom", views: []), help: "More cells for each weight",
      .zoomIn),
    Command(
      "zoom-out", keys: [.character("-")], group: .look, views: [MapView.name],
      help: "Fewer cells for each weight", .zoomOut),
    Command(
      "fit", keys: [.character("=")], group: .look, views: [MapView.name],
      help: "The whole map in the window", .zoom(.fit)),
    Command(
      "scale", "[linear|log]", keys: [.character("z")], group: .look, views: withMaps,
      hint: .init(keys: "z", label: "scale", views: [MapView.name, TokensView.name]),
      help: "Weights to colours: linear or log",
      candidates: { _ in Scale.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        guard !text.trimmed.isEmpty else { return .scale(state.scale == .linear ? .log : .linear) }
        let name = try word(text, "scale", among: Scale.allCases.map(\.rawValue))
        return .scale(Scale(rawValue: name) ?? state.scale)
      }),
    Command(
      "ramp", "[NAME]", keys: [.character("c")], group: .look, views: withMaps,
      help: "The colours of the ramp",
      candidates: { _ in Ramp.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        guard !text.trimmed.isEmpty else { return .ramp(state.ramp.next) }
        let name = try word(text, "ramp", among: Ramp.allCases.map(\.rawValue))
        return .ramp(Ramp(rawValue: name) ?? state.ramp)
      }),
    Command(
      "in", keys: [.enter], group: .look, views: [AtlasView.name, MapView.name],
      hint: .init(keys: "Enter", label: "open", views: []), help: "Look closer: map, then tokens",
      .enter),
    Command(
      "out", keys: [.escape], group: .look, help: "Back one view; never quits", .leave),
    Command(
      "next-score", keys: [.character("o")], group: .look, views: [AtlasView.name],
      hint: .init(keys: "o", label: "score", views: []), help: "Colour by the next score",
      .stepScore(1)),
    Command(
      "previous-score", keys: [.character("O")], group: .look, views: [AtlasView.name],
      help: "Colour by the score before", .stepScore(-1)),
    Command(
      "score", "NAME", group: .look, help: "Colour the atlas by a score",
      candidates: { $0.subject?.scores.map(\.name) ?? [] },
      action: { text, state throws(ExplorerError) in
        guard let subject = state.subject else { throw .nothingLoaded(command: "score") }
        return .score(try word(text, "score", among: subject.scores.map(\.name)))
      }),
    Command(
      "next-view", keys: [.tab], group: .look, hint: .init(keys: "Tab", label: "view", views: []),
      help: "The next view",
      .stepView(1)),
    Command(
      "previous-view", keys: [.backTab], group: .look, help: "The view before", .stepView(-1)),
    Command(
      "view", "NAME", group: .look, help: "Show a view",
      candidates: { _ in ExplorerViews.all.map { $0.name } },
      action: { text, _ throws(ExplorerError) in
        .show(try word(text, "view", among: ExplorerViews.all.map { $0.name }))
      }),
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
}
