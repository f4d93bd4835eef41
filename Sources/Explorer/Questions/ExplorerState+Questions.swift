import Analysis
import Models

extension ExplorerState {
  /// Asks for what the view wants to know and nobody has asked yet.
  mutating func questions() -> [Effect] {
    guard subject != nil else { return [] }
    let wanted =
      ExplorerViews.named(view).questions(self) + changeQuestions + lensQuestions + scoreQuestions
      + errands
    let missing = wanted.filter { answers.known($0) == nil && answers.refusal($0) == nil }
    answers.want(wanted)
    guard !answers.unasked(missing).isEmpty else { return [] }
    answers.ask(missing)
    return [.ask(missing, generation: generation)]
  }

  /// What the lens needs in order to show what was chosen.
  private var lensQuestions: [Question] {
    (lens.isValueWeighted ? [ask(.valueNorms)] : [])
      + (lens.sinks == .shown ? [] : [ask(.sinks)])
  }

  /// What is always asked while the model is changed: what that comes to.
  private var changeQuestions: [Question] {
    alteration.isNone ? [] : [ask(.outcome), Question(.outcome)]
  }

  /// A question about the model as it is changed now.
  func ask(_ topic: Question.Topic) -> Question { Question(topic, alteration) }

  /// Shows the ranking that answers a question: at once where it is known, and asked anew where it was refused.
  mutating func rank(by question: Question) {
    errands.append(question)
    if let known = answers.known(question) {
      hear(known, to: question, generation: generation, why: "")
    } else if answers.refusal(question) != nil {
      answers.forget(question)
    }
  }

  /// Takes an answer.
  mutating func hear(_ answer: Answer?, to question: Question, generation: Int, why: String) {
    guard generation == self.generation else { return }
    work = nil
    answers.take(question, answer.map { .known($0) } ?? .refused(why))
    if answer == nil, errands.contains(question) { notice = Notice(text: why, isError: true) }
    if answer == nil, case .score(let name) = question.topic { giveUp(name, why) }
    let wasErrand = errands.contains(question)
    errands.removeAll { $0 == question }
    switch answer {
    case .valueNorms?, .sinks?: see()
    case .table(let table)?:
      guard wasErrand else { break }
      add(table, of: question.alteration)
      score = table.name
      guard arriving.remove(question) == nil else { break }
      // Who does this: the list begins with who does it most.
      if case .edge = question.topic, let first = table.table.largest(1).first {
        trail.leave(place)
        head = first.head
      }
      open(ScoresView.name)
    case .outcome?: if question.alteration == alteration { see() }
    case .other?: see()
    case .scores?:
      if case .score(let name) = question.topic, !requested.contains(name) {
        requested.append(name)
      }
      showScores()
    case .drift?: showScores()
    case .pruning(let curve)?:
      if question.topic == .pruning(pruneRequest) { pruning.curve = curve }
    case .next(let token, let patterns)?:
      // Kept with its text: every one of them holds a run.
      answers.forget(question)
      guard case .next(let ids) = question.topic else { break }
      writing.take(token, patterns, after: ids, question.alteration)
    case .vectors?, .model?, .forecast?, .pooledMap?, .effect?, nil: break
    }
  }

  /// A reduced map of which nothing is left out, once it is known.
  func pooledMap(_ question: Question) -> PooledPattern? {
    guard case .pooledMap(let pooled)? = answers.known(question) else { return nil }
    return pooled
  }

  /// The lengths of the values, once they are known.
  var valueNorms: ValueLengths? {
    guard case .valueNorms(let norms)? = answers.known(ask(.valueNorms)) else { return nil }
    return norms
  }

  /// One head's vectors, once they are known.
  func vectors(_ head: HeadIndex) -> HeadVectors? {
    guard case .vectors(let vectors)? = answers.known(ask(.vectors(head))) else { return nil }
    return vectors
  }

  /// What is known about the model.
  var modelReport: ModelReport? {
    guard case .model(let report)? = answers.known(ask(.model)) else { return nil }
    return report
  }

  /// What the run comes to under a change, once that is known.
  func outcome(_ alteration: Alteration) -> Outcome? {
    guard case .outcome(let outcome)? = answers.known(Question(.outcome, alteration)) else {
      return nil
    }
    return outcome
  }

  /// What is expected after a position, once that is known.
  func forecast(_ position: Int, _ alteration: Alteration) -> Forecast? {
    guard
      case .forecast(let forecast)? = answers.known(
        Question(.forecast(position, of: chosenToken), alteration))
    else { return nil }
    return forecast
  }

  /// The run's sinks, once they are known.
  var sinkReport: SinkReport? {
    guard case .sinks(let report)? = answers.known(ask(.sinks)) else { return nil }
    return report
  }

  /// Keys that the lens hides as sinks: those that at least a tenth of all heads feed; the first key
  /// until they are known.
  var sinkKeys: Set<Int> {
    guard let report = sinkReport else { return [0] }
    return Set(report.positions.filter { $0.rate >= 10 }.map(\.index))
  }

  /// How much of a query's attention the lens hides; nil when it hides nothing.
  func hiddenMass(_ head: HeadIndex, query: Int) -> Double? {
    guard lens.sinks != .shown, let run = changedRun else { return nil }
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
