import Analysis
import ArgumentParser
import Explorer
import Models

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

/// What is looked at, and how.
struct PlaceOptions: ParsableArguments {
  @Option(help: "Which view (default: atlas)")
  var view: ViewName?

  @OptionGroup var heads: HeadOptions

  @Option(help: "A query, from 0 (default: the last one)")
  var query: Int?

  @Option(help: "A key, from 0")
  var key: Int?

  @Option(help: "The score that colours the atlas")
  var score: String?

  @Option(help: "How weights become colours (default: linear)")
  var scale: Scale?

  /// What can be checked before a model is open.
  func check() throws {
    if let score, HeadScores.named(score) == nil {
      throw Failure.unknownScore(score, known: HeadScores.all.map { $0.name })
    }
  }

  /// Checks layer, head, query and key against a model and its prompt.
  func check(_ plan: ModelPlan, _ prompt: Prompt) throws {
    try heads.check(plan)
    for (option, position) in [("query", query), ("key", key)] {
      if let position, !(0..<prompt.seq).contains(position) {
        throw Failure.noSuchPosition(option, position, count: prompt.seq)
      }
    }
  }

  /// A state that will look there, or where the configuration says.
  func state(theme: Ramp) throws -> ExplorerState {
    let configuration = try Configuration.current()
    var state = ExplorerState(view: view?.name ?? configuration.view ?? ExplorerViews.initial)
    state.ramp = theme
    state.ownKeys = configuration.keys
    state.scale = scale ?? configuration.scale ?? .linear
    state.arrival.head = HeadIndex(layer: heads.layer ?? 0, head: heads.head ?? 0)
    (state.arrival.query, state.arrival.key) = (query, key)
    state.arrival.score = score
    return state
  }
}
