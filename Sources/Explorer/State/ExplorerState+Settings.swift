import Models

extension ExplorerState {
  /// Commands after which a new run, at the same place, is seen as this one is in a view; without what
  /// sessions and the command line have words of their own for: place, scale, zoom, lens and the change of
  /// the model.
  func settings(of view: String) -> [String] {
    var commands: [String] = []
    if let filter { commands.append("filter \(filter.text)") }
    if let secondScore { commands.append("second \(secondScore)") }
    if !selected.isEmpty { commands.append("select \(Self.names(selected))") }
    if let anchor { commands.append("corner \(anchor.query) \(anchor.key)") }
    if blocks != .maximum { commands.append("blocks \(blocks.rawValue)") }
    if zoom != .fit, origin != (0, 0) { commands.append("scroll \(origin.row) \(origin.column)") }
    if let command = scoreTable?.command { commands.append(command) }
    if let promptFile { commands.append("prompts \(promptFile.name)") }
    return commands + ownSettings(of: view)
  }

  /// What no other view shows.
  private func ownSettings(of view: String) -> [String] {
    switch view {
    case HeadsView.name: multiples == .heads ? [] : ["multiples \(multiples.rawValue)"]
    case CompareView.name: comparisonSettings
    case PruneView.name:
      ["prune \(pruning.measure)" + (pruning.recomputes ? " recompute" : "")]
        + (pruning.place > 0 ? ["step \(pruning.place)"] : [])
    case GenerateView.name:
      (writing.pool == .average ? [] : ["rows \(writing.pool.rawValue)"])
        + (writing.wanted > 1 ? ["generate \(writing.wanted)"] : [])
        + (writing.step < written.tokens.count - 1 ? ["step \(writing.step)"] : [])
    case RulesView.name: ruleParameter > 0 ? ["parameter \(ruleParameter)"] : []
    default: []
    }
  }

  /// What is compared, where that is not what there is to compare anyway.
  private var comparisonSettings: [String] {
    switch (compared, other) {
    case (.prompts, .prompt(let text)?): ["compare prompt \(text)"]
    case (.models, .model(let name)?): ["compare open \(name)"]
    case (let kind, _): comparison == nil ? [] : ["compare \(kind.rawValue)"]
    }
  }

  /// Heads as commands and options take them: `L5.H1,L3.H0`.
  static func names(_ heads: some Sequence<HeadIndex>) -> String {
    heads.sorted().map(\.description).joined(separator: ",")
  }
}
