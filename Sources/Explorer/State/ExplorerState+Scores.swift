import Analysis

extension ExplorerState {
  /// Whether a score of some name can be worked out on request.
  func canScore(_ name: String) -> Bool {
    isDrift(name) ? !alteration.rules.isEmpty : HeadScores.named(Self.base(name)) != nil
  }

  /// Whether there is a score of some name at all, whatever run it is of.
  public static func isScore(_ name: String) -> Bool {
    HeadScores.named(base(name)) != nil || DriftMeasure.allCases.contains { $0.scoreName == name }
  }

  /// The score itself: of `span-share:topic`, which is of one part of the prompt, `span-share`.
  private static func base(_ name: String) -> String { String(name.prefix { $0 != ":" }) }

  /// Names of everything that heads can be scored by here, those that are known first.
  var scoreNames: [String] {
    let known = scores.map(\.name)
    let drifts = alteration.rules.isEmpty ? [] : DriftMeasure.allCases.map(\.scoreName)
    return known + (drifts + HeadScores.all.map { $0.name }).filter { !known.contains($0) }
  }

  /// What the chosen scores and the filter want to know.
  ///
  /// Scores that are worked out on request are those of the model as it is: most are measured by changing it.
  var scoreQuestions: [Question] {
    let filtered = filter?.scores.sorted() ?? []
    let names = ([score] + [secondScore].compactMap { $0 } + filtered).filter { name in
      canScore(name) && !scores.contains { $0.name == name }
    }
    let drift = names.contains(where: isDrift) ? [ask(.drift(nil))] : []
    return drift + names.filter { !isDrift($0) }.map { Question(.score(Self.base($0))) }
  }

  /// Adds a score, in place of one of the same name.
  mutating func add(_ table: ScoreTable) {
    extraScores.removeAll { $0.name == table.name }
    extraScores.append(table)
  }

  /// A score cannot be had: what was shown stays.
  mutating func giveUp(_ name: String, _ why: String) {
    notice = Notice(text: why, isError: true)
    if score == name { score = scoreTable?.name ?? "" }
    if secondScore == name { secondScore = nil }
  }

  /// Shows the drift of the rules in force as scores, as far as it is known.
  mutating func showDrift() {
    let prefix = DriftMeasure.scorePrefix
    extraScores.removeAll { $0.name.hasPrefix(prefix) }
    guard let run, !alteration.rules.isEmpty,
      case .drift(let drifts)? = answers.known(ask(.drift(nil)))
    else {
      if isDrift(score), alteration.rules.isEmpty { score = scores.first?.name ?? "" }
      return
    }
    for measure in DriftMeasure.allCases {
      add(
        measure.score(
          drifts, layers: run.patterns.layers, heads: run.patterns.heads))
    }
  }

  private func isDrift(_ name: String) -> Bool { name.hasPrefix(DriftMeasure.scorePrefix) }

  /// All scores as a list to choose from.
  func scoreChooser(_ title: String, command: String) -> Chooser {
    let known = scores.map {
      Chooser.Item(name: $0.name, help: $0.title, command: "\(command) \($0.name)")
    }
    let others = scoreNames.dropFirst(known.count).map { name in
      Chooser.Item(
        name: name, help: "\(Self.title(ofScore: name)), worked out when chosen",
        command: "\(command) \(name)")
    }
    return Chooser(title: title, items: known + others, current: scoreTable?.name ?? "")
  }

  private static func title(ofScore name: String) -> String {
    let drift = DriftMeasure.allCases.first { $0.scoreName == name }
    return drift.map { "Drift: \($0.formula)" } ?? HeadScores.named(name)?.title ?? name
  }
}
