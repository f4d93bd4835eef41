extension Commands {
  private static let withScores = [
    AtlasView.name, LayersView.name, ScoresView.name, CompareView.name,
  ]

  /// A command that shows a view by a key.
  private static func view(
    _ view: any ExplorerView.Type, _ key: Character, hint: Command.Hint? = nil
  ) -> Command {
    Command(
      "show-\(view.name)", keys: [.character(key)], group: .views, hint: hint, help: view.help,
      .show(view.name))
  }

  /// A score that is known here, or that can be worked out.
  private static func score(
    _ text: String, _ command: String, _ state: ExplorerState
  ) throws(ExplorerError) -> String {
    let name = text.trimmed
    guard state.scores.contains(where: { $0.name == name }) || state.canScore(name) else {
      let known = state.scores.map(\.name).joined(separator: ", ")
      throw .badArgument(
        command: command, found: name, expected: "\(known) or one of heed scores --list")
    }
    return name
  }

  static let show: [Command] = [
    Command(
      "next-view", keys: [.tab], group: .views, hint: .init(keys: "Tab", label: "view", views: []),
      help: "The next of the views above", .stepView(1)),
    Command(
      "previous-view", keys: [.backTab], group: .views, help: "The one before", .stepView(-1)),
    Command(
      "views", keys: [.character("b")], group: .views,
      hint: .init(keys: "b", label: "views", views: []), help: "Choose a view from a list",
      change: { state in
        let items = ExplorerViews.all.map { view in
          Chooser.Item(name: view.title, help: view.help, command: "view \(view.name)")
        }
        let current = ExplorerViews.named(state.view).title
        state.entry = .choice(Chooser(title: "Views", items: items, current: current))
        return []
      }),
    Command(
      "view", "NAME", group: .views, help: "Show a view",
      candidates: { _ in ExplorerViews.all.map { $0.name } },
      action: { text, _ throws(ExplorerError) in
        .show(try word(text, "view", among: ExplorerViews.all.map { $0.name }))
      }),
    view(ScoresView.self, "S"),
    view(LayersView.self, "T"),
    view(HeadsView.self, "*"),
    view(NeuronView.self, "i"),
    view(CompareView.self, "d"),
    view(ModelView.self, "!"),
    view(PruneView.self, "P"),
    view(GenerateView.self, "C"),
    view(SinksView.self, "#"),
    view(ImageView.self, "I"),
    view(
      PredictView.self, "p",
      hint: .init(keys: "p", label: "predict", views: [AtlasView.name, MapView.name])),
    Command(
      "multiples", "[NAME]", keys: [.character("t")], group: .views, views: [HeadsView.name],
      hint: .init(keys: "t", label: "heads/layers", views: []),
      help: "A layer's or a head's maps",
      candidates: { _ in Multiples.allCases.map(\.rawValue) },
      action: { text, state throws(ExplorerError) in
        let next = step(state.multiples, Multiples.allCases)
        let named = try choice(text, "multiples", Multiples.allCases, next)
        return .change { state in
          state.multiples = named
          state.say(named == .heads ? "the heads of a layer" : "a head in all layers")
          return []
        }
      }),
    Command(
      "choose-score", keys: [.character("o")], group: .views, views: withScores,
      hint: .init(keys: "o", label: "score", views: []), help: "Choose a score from a list",
      change: { state in
        state.entry = .choice(state.scoreChooser("Colour by", command: "score"))
        return []
      }),
    Command(
      "choose-second", keys: [.character("O")], group: .views, views: [AtlasView.name],
      help: "A second score, as digits",
      change: { state in
        var chooser = state.scoreChooser("Digits by", command: "second")
        chooser = Chooser(
          title: chooser.title,
          items: [.init(name: "none", help: "no digits", command: "second none")] + chooser.items,
          current: state.secondScore ?? "none")
        state.entry = .choice(chooser)
        return []
      }),
    Command(
      "next-score", keys: [.character(";")], group: .views, views: withScores, counted: true,
      help: "The next score", .stepScore(1)),
    Command(
      "previous-score", keys: [.character(",")], group: .views, views: withScores, counted: true,
      help: "The score before", .stepScore(-1)),
    Command(
      "score", "NAME", group: .views, help: "Colour and sort by a score",
      candidates: { $0.scoreNames },
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "score") }
        return .score(try score(text, "score", state))
      }),
    Command(
      "second", "NAME", group: .views, help: "A second score as digits, or none",
      candidates: { $0.scoreNames + ["none"] },
      action: { text, state throws(ExplorerError) in
        let name = text.trimmed == "none" ? "none" : try score(text, "second", state)
        return .change { state in
          state.secondScore = name == "none" ? nil : name
          return []
        }
      }),
  ]
}
