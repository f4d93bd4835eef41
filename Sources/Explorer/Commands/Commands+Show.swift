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
    view(SinksView.self, "#"),
    view(ImageView.self, "I"),
    view(
      PredictView.self, "p",
      hint: .init(keys: "p", label: "predict", views: [AtlasView.name, MapView.name])),
    Command(
      "multiples", keys: [.character("t")], group: .views, views: [HeadsView.name],
      hint: .init(keys: "t", label: "heads/layers", views: []),
      help: "A layer's or a head's maps",
      change: { state in
        state.multiples = state.multiples == .heads ? .layers : .heads
        return []
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
      candidates: { $0.scores.map(\.name) },
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "score") }
        return .score(try word(text, "score", among: state.scores.map(\.name)))
      }),
    Command(
      "second", "NAME", group: .views, help: "A second score as digits, or none",
      candidates: { $0.scores.map(\.name) + ["none"] },
      action: { text, state throws(ExplorerError) in
        let name = try word(text, "second", among: state.scores.map(\.name) + ["none"])
        return .change { state in
          state.secondScore = name == "none" ? nil : name
          return []
        }
      }),
  ]
}

extension ExplorerState {
  /// The scores as a list to choose from.
  fileprivate func scoreChooser(_ title: String, command: String) -> Chooser {
    let items = scores.map {
      Chooser.Item(name: $0.name, help: $0.title, command: "\(command) \($0.name)")
    }
    return Chooser(title: title, items: items, current: scoreTable?.name ?? "")
  }
}
