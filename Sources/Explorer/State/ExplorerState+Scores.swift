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

  /// What the chosen scores and the filter want to know, of the model as it is changed now.
  var scoreQuestions: [Question] {
    let filtered = filter?.scores.sorted() ?? []
    let names = ([score] + [secondScore].compactMap { $0 } + filtered).filter { name in
      canScore(name) && !(subject?.scores.contains { $0.name == name } ?? false)
    }
    let drift = names.contains(where: isDrift) ? [ask(.drift(nil))] : []
    return drift + names.filter { !isDrift($0) }.map({ scoreQuestion(Self.base($0)) })
  }

  /// A score of the model as it is changed now; where it reads no run of this prompt but weights or prompts of
  /// its own, of the model as it is.
  private func scoreQuestion(_ name: String) -> Question {
    let needs = HeadScores.named(name)?.needs ?? []
    return needs.isSubset(of: [.weights, .probe]) ? Question(.score(name)) : ask(.score(name))
  }

  /// Adds a ranking that a command asked for, in place of one of the same name.
  mutating func add(_ ranking: ScoreTable, of alteration: Alteration) {
    rankings.removeAll { $0.table.name == ranking.name }
    rankings.append((ranking, alteration))
    showScores()
  }

  /// A score cannot be had: what was shown stays.
  mutating func giveUp(_ name: String, _ why: String) {
    notice = Notice(text: why, isError: true)
    // Of the model as it is there may still be one, and it says what it is of.
    guard !scores.contains(where: { $0.name == name }) else { return }
    if score == name { score = scoreTable?.name ?? "" }
    if secondScore == name { secondScore = nil }
  }

  /// Shows everything that was asked for as far as it is known: of the model as it is changed now, else of the
  /// model as it is, which its title says then.
  mutating func showScores() {
    let ranked = rankings.map {
      $0.alteration == alteration ? $0.table : $0.table.of($0.alteration)
    }
    extraScores = ranked + requested.flatMap(tables) + drifts
    if isDrift(score), alteration.rules.isEmpty { score = scores.first?.name ?? "" }
  }

  /// A score's tables under the change that is in force; without it, where nothing else is known.
  private func tables(of name: String) -> [ScoreTable] {
    if case .scores(let tables)? = answers.known(ask(.score(name))) { return tables }
    guard case .scores(let tables)? = answers.known(Question(.score(name))) else { return [] }
    return tables.map { $0.of(Alteration()) }
  }

  /// The drift of the rules in force as scores, as far as it is known.
  private var drifts: [ScoreTable] {
    guard let run, !alteration.rules.isEmpty,
      case .drift(let drifts)? = answers.known(ask(.drift(nil)))
    else { return [] }
    return DriftMeasure.allCases.map {
      $0.score(drifts, layers: run.patterns.layers, heads: run.patterns.heads)
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

extension ScoreTable {
  /// The same values with a title that says of which model they are: of another than the one that is seen.
  func of(_ alteration: Alteration) -> ScoreTable {
    let model = alteration.isNone ? "of the unchanged model" : "of another change"
    return ScoreTable(
      name: name, title: "\(title), \(model)", unit: unit, lowest: lowest, highest: highest,
      table: table)
  }
}
