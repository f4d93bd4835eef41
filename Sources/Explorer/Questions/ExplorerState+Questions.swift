import Models

extension ExplorerState {
  /// Asks for what the view wants to know and nobody has asked yet.
  mutating func questions() -> [Effect] {
    guard subject != nil else { return [] }
    let wanted = ExplorerViews.named(view).questions(self) + lensQuestions + errands
    let missing = wanted.filter { answers.known($0) == nil && answers.refusal($0) == nil }
    guard !answers.unasked(missing).isEmpty else { return [] }
    answers.ask(missing)
    return [.ask(missing, generation: generation)]
  }

  /// What the lens needs in order to show what was chosen.
  private var lensQuestions: [Question] { lens.isValueWeighted ? [.valueNorms] : [] }

  /// Takes an answer.
  mutating func hear(_ answer: Answer?, to question: Question, generation: Int, why: String) {
    guard generation == self.generation else { return }
    work = nil
    answers.take(question, answer.map { .known($0) } ?? .refused(why))
    if answer == nil, errands.contains(question) { notice = Notice(text: why, isError: true) }
    let wasErrand = errands.contains(question)
    errands.removeAll { $0 == question }
    switch answer {
    case .valueNorms?: see()
    case .table(let table)?:
      guard wasErrand else { break }
      extraScores.removeAll { $0.name == table.name }
      extraScores.append(table)
      score = table.name
      open(ScoresView.name)
    case .vectors?, .model?, nil: break
    }
  }

  /// The lengths of the values, once they are known.
  var valueNorms: ValueNorms? {
    guard case .valueNorms(let norms)? = answers.known(.valueNorms) else { return nil }
    return norms
  }

  /// One head's vectors, once they are known.
  func vectors(_ head: HeadIndex) -> HeadVectors? {
    guard case .vectors(let vectors)? = answers.known(.vectors(head)) else { return nil }
    return vectors
  }

  /// What is known about the model.
  var modelReport: ModelReport? {
    guard case .model(let report)? = answers.known(.model) else { return nil }
    return report
  }

  /// Keys that count as sinks: the first one.
  var sinkKeys: Set<Int> { [0] }

  /// How much of a query's attention the lens hides; nil when it hides nothing.
  func hiddenMass(_ head: HeadIndex, query: Int) -> Double? {
    guard lens.sinks != .shown, let run else { return nil }
    var (all, rest) = (lens, lens)
    (all.sinks, rest.sinks) = (.shown, .hidden)
    let sums = [all, rest].map { lens -> Float in
      let patterns = run.seen(through: lens, norms: valueNorms, sinks: sinkKeys).patterns
      guard query < patterns.queryCount else { return .nan }
      return patterns.pattern(head, rows: query..<query + 1, columns: 0..<patterns.keyCount)
        .elements.reduce(0, +)
    }
    return Double(sums[0] - sums[1])
  }
}
