import Analysis
import ArgumentParser
import Explorer
import Models
import Tensors

/// The name of a view.
struct ViewName: ExpressibleByArgument {
  let name: String

  init?(argument: String) {
    guard Self.allValueStrings.contains(argument) else { return nil }
    name = argument
  }

  static var allValueStrings: [String] { ExplorerViews.all.map { $0.name } }
}

extension Scale: ExpressibleByArgument {}

extension Zoom: ExpressibleByArgument {
  /// `fit`, `3` columns for a weight, or `1/4` of one.
  public init?(argument: String) { self.init(argument) }
}

/// How maps are looked at, as `--lens` takes it.
struct LensArgument: ExpressibleByArgument {
  let lens: Lens

  init?(argument: String) {
    guard let lens = Lens(argument) else { return nil }
    self.lens = lens
  }
}

/// What is looked at, and how.
struct PlaceOptions: ParsableArguments {
  @Option(help: "Which view (default: atlas)")
  var view: ViewName?

  @OptionGroup var which: HeadOptions

  @Option(help: "A query, from 0 (default: the last one)")
  var query: Int?

  @Option(help: "A key, from 0")
  var key: Int?

  @Option(help: "The score that colours the atlas")
  var score: String?

  @Option(help: "How weights become colours (default: linear)")
  var scale: Scale?

  @Option(help: "How large the map is drawn: fit, columns for a weight, or 1/N of one")
  var zoom: Zoom?

  @Option(help: "\(Lens.expected)")
  var lens: LensArgument?

  @Option(
    help: """
      Heads to run without, such as L5.H1,L3; encoder:L5.H1 is of a part that --stream does not name
      """)
  var without: String?

  @Option(
    help: """
      An attention rule, NAME or NAME:key=value,…; heed rules lists them; may be given several times, each \
      with its own --heads
      """)
  var rule: [String] = []

  @Option(help: "The heads that the rule stands in, such as L5.H1,L3 (default: all)")
  var heads: [String] = []

  @Option(
    help: "What rules reach: each head on its frozen inputs, or a new forward pass")
  var scope: RuleReach?

  @Option(
    help: "A command of the explorer to carry out first, such as 'filter layer<6'; may be repeated")
  var exec: [String] = []

  /// What can be checked before a model is open.
  func check() throws {
    if let score, !ExplorerState.isScore(score) {
      throw Failure.unknownScore(score, known: HeadScores.all.map { $0.name })
    }
  }

  /// Checks the heads that are named against a model.
  func check(_ model: Model, _ prompt: Prompt, in stream: StreamName) throws {
    try which.check(model.plan(stream, for: prompt))
    for list in heads + [without].compactMap({ $0 }) {
      _ = try model.heads(named: list, in: stream, of: prompt)
    }
  }

  /// Checks layer, head, query and key against maps.
  func check(_ maps: some PatternSource) throws {
    try which.check(layers: maps.layers, heads: maps.heads)
    for (option, position, count) in [
      ("query", query, maps.queryCount), ("key", key, maps.keyCount),
    ] {
      if let position, !(0..<count).contains(position) {
        throw Failure.noSuchPosition(option, position, count: count)
      }
    }
    if maps is MapsFile, without != nil || !rule.isEmpty {
      throw OpenMapsError.noModel(for: "a change")
    }
  }

  /// The rules that are asked for, each with its list of heads; nil for all heads.
  ///
  /// - Throws: `RuleError`; before a model is opened.
  func rules() throws -> [Arrival.Rule] {
    try rule.enumerated().map { index, text in
      Arrival.Rule(
        spec: try RuleSpec(parsing: text), heads: heads.indices.contains(index) ? heads[index] : nil
      )
    }
  }

  func validate() throws {
    if heads.count > rule.count {
      throw ValidationError("--heads says where a --rule stands; give a rule for each.")
    }
    if scope != nil, rule.isEmpty { throw ValidationError("--scope goes with --rule.") }
  }

  /// A state that will look there: where a session was, but for what the options say, and where the
  /// configuration says for all that neither does.
  func state(_ style: ScreenStyle, from session: Session = Session()) throws -> ExplorerState {
    let configuration = try Configuration.current()
    var state = ExplorerState(view: configuration.view ?? ExplorerViews.initial)
    state.choosesView = configuration.view == nil
    (state.ramp, state.scale) = (style.theme, configuration.scale ?? .linear)
    state.ownKeys = configuration.keys
    session.apply(to: &state)
    if let view { (state.views, state.choosesView) = ([view.name], false) }
    if style.isThemeGiven { state.ramp = style.theme }
    if let scale { state.scale = scale }
    if let zoom { state.zoom = zoom }
    if let lens { state.look(through: lens.lens) }
    try direct(&state.arrival)
    return state
  }

  /// Puts what the options say in place of what a session says.
  private func direct(_ arrival: inout Arrival) throws {
    if which.layer != nil || which.head != nil {
      arrival.head = HeadIndex(
        layer: which.layer ?? arrival.head?.layer ?? 0,
        head: which.head ?? arrival.head?.head ?? 0)
    }
    arrival.query = query ?? arrival.query
    arrival.key = key ?? arrival.key
    arrival.score = score ?? arrival.score
    arrival.without = without ?? arrival.without
    if !rule.isEmpty { arrival.rules = try rules() }
    arrival.reach = scope ?? arrival.reach
    arrival.commands += exec.map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 }
  }
}
