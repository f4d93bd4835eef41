import Analysis
import Foundation
import Models
import Tensors

extension Question {
  /// What a line of progress says while it is being worked out.
  var activity: String {
    switch topic {
    case .vectors: "reading vectors"
    case .valueNorms: "measuring values"
    case .model: "checking maps"
    case .edge: "ranking heads"
    case .like: "comparing heads"
    case .sinks: "looking for sinks"
    case .outcome: "running"
    case .forecast: "predicting"
    case .pooledMap: "reading the whole map"
    case .score(let name): "scoring heads by \(name)"
    case .pruning: "pruning"
    case .next: "writing"
    case .other(.prompt): "running the other prompt"
    case .other(.model(let name)): "opening \(name)"
    case .drift: "measuring drift"
    case .effect: "comparing predictions"
    }
  }

  /// What a reason names why there is no answer.
  var subject: String {
    switch topic {
    case .vectors: "a head's queries and keys"
    case .valueNorms: "the length of values"
    case .model: "the model's description"
    case .edge, .like: "a ranking of heads"
    case .sinks: "what sinks do to hidden states"
    case .outcome, .forecast, .next: "what comes next"
    case .score(let name): "the score \(name)"
    case .pruning: "what pruning costs"
    case .other: "another run"
    case .drift, .effect: "what a rule does"
    case .pooledMap: "a whole map"
    }
  }

  /// Works it out.
  ///
  /// - Parameters:
  ///   - runs: The run, and its changes so far.
  ///   - onProgress: Called with a share from 0 to 1; what it throws ends the work.
  func answer(
    _ open: OpenModel, _ runs: inout Runs,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws -> Answer {
    let trace = try runs.trace(open.model, alteration, onProgress: onProgress)
    let base = try runs.seen(open.model)
    switch topic {
    case .vectors(let head): return .vectors(HeadVectors(trace, head))
    case .valueNorms: return .valueNorms(ValueLengths(trace))
    case .model:
      return .model(try ModelReport(open.model, runs.prompt, trace, onProgress: onProgress))
    case .edge(let queries, let keys):
      return .table(try .edge(trace, queries: queries, keys: keys, onProgress: onProgress))
    case .like(let head): return .table(try .like(trace, head, onProgress: onProgress))
    case .sinks: return .sinks(try SinkReport(open.model, trace, onProgress: onProgress))
    case .outcome:
      // Only the decoder ends in the output head, whichever part is looked at.
      let decoder = try runs.trace(open.model, alteration, of: .decoder, onProgress: onProgress)
      return .outcome(
        try Outcome(
          open, trace, decoder: decoder, base: alteration.isNone ? nil : base,
          onProgress: onProgress))
    case .forecast(let position, let token):
      try runs.checkPrediction()
      return .forecast(try Forecast(open, trace, base: base, at: position, of: token))
    case .pooledMap(let head, let rows, let columns, let pool):
      return .pooledMap(
        try trace.pooledPattern(
          head, rows: rows, columns: columns, pool: pool, onProgress: onProgress))
    case .score(let name):
      let works = HeadScores.named(name).map { MemoryPlan.Work.of([$0]) } ?? []
      try runs.check(works, open.model)
      let whole =
        alteration.isLocal
        ? nil
        : try runs.whole(
          open.model, alteration, onProgress: onProgress)
      return .scores(
        try ScoreTable.named(
          name, open, whole ?? trace, stream: whole == nil ? .decoder : runs.stream,
          onProgress: onProgress))
    case .pruning(let request):
      return .pruning(
        try PruneCurve(
          request, open, runs.prompt, in: runs.stream, holding: runs.bytesInMemory,
          onProgress: onProgress))
    case .next(let ids):
      return try WrittenToken.next(open, after: ids, &runs, alteration, onProgress: onProgress)
    case .other(let run):
      return .other(
        try ComparedRun(run, open, trace, runs.stream, alteration, onProgress: onProgress))
    case .drift(let head):
      let inputs = try runs.trace(open.model, alteration.unruled, onProgress: onProgress)
      return .drift(
        try alteration.drift(
          of: head, in: runs.stream, open.model, inputs, onProgress: onProgress))
    case .effect:
      // Whichever part is looked at, the decoder predicts.
      let before = try runs.whole(open.model, alteration.unruled, onProgress: onProgress)
      let after = try runs.whole(open.model, alteration, onProgress: onProgress)
      return .effect(
        try RuleEffect(open.model, before: before, after: after, onProgress: onProgress))
    }
  }
}

extension Runs {
  /// Refuses to predict from a part that does not end in the output head.
  fileprivate func checkPrediction() throws(StreamError) {
    guard stream == .decoder else { throw .noPrediction(stream) }
  }
}

/// What a part of an encoder-decoder cannot answer.
enum StreamError: Error, Equatable, CustomStringConvertible {
  case noPrediction(StreamName)

  var description: String {
    switch self {
    case .noPrediction(let stream):
      "the \(stream.rawValue) stream predicts nothing, the decoder does; E shows it"
    }
  }
}

extension ScoreTable {
  /// Who gives most from some queries to some keys: the weight on the keys, averaged over the queries.
  static func edge(
    _ source: any PatternSource, queries: Range<Int>, keys: Range<Int>,
    onProgress: (Double) throws -> Void
  ) rethrows -> ScoreTable {
    let table = try EdgeRanking.table(
      source, queries: queries, keys: keys, onProgress: onProgress)
    let (from, to) = (queries.positions, keys.positions)
    return ScoreTable(
      name: "edge", title: "From \(from) to \(to)", unit: "share", lowest: 0, highest: 1,
      table: table, command: "who \(from) \(to)")
  }

  /// Which heads are like one: one minus the Jensen–Shannon divergence of their maps by its largest value,
  /// ln 2, so that the most alike come first.
  static func like(
    _ source: any PatternSource, _ head: HeadIndex, onProgress: (Double) throws -> Void
  ) rethrows -> ScoreTable {
    var table = try HeadDistance.table(source, from: head, onProgress: onProgress)
    for place in table.values.indices { table.values[place] = 1 - table.values[place] / M_LN2 }
    return ScoreTable(
      name: "like", title: "Like \(head)", unit: "share", lowest: 0, highest: 1, table: table,
      command: "like \(head)")
  }
}

extension Range<Int> {
  /// Positions as people name them, both ends included: `3`, `3-5`.
  var positions: String { count == 1 ? "\(lowerBound)" : "\(lowerBound)-\(upperBound - 1)" }

  /// Reads `positions`; nil for anything else.
  init?(positions text: some StringProtocol) {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
      0 <= first, first <= last, last < Int.max
    else { return nil }
    self = first..<last + 1
  }
}
