import Analysis
import Models
import Tensors

extension HeadsView {
  /// The maps that are seen small: of a layer `[head, query, key]`, or of a head `[layer, query, key]`.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let subject = state.subject else { return nil }
    let (patterns, head) = (subject.patterns, state.head)
    let isLayer = state.multiples == .heads
    let heads =
      isLayer
      ? (0..<patterns.heads).map { HeadIndex(layer: head.layer, head: $0) }
      : (0..<patterns.layers).map { HeadIndex(layer: $0, head: head.head) }
    return .tensor(
      TensorSource(
        name: "attention", shape: [heads.count, patterns.queryCount, patterns.keyCount],
        axes: [isLayer ? "head" : "layer", "query", "key"],
        tokens: subject.isCross ? [] : subject.tokens.map(\.piece)
      ) { body in
        for head in heads { try patterns.forEachTile(of: head, body) }
      })
  }
}

extension ModelView {
  /// What is known about the model, and the checks; a check that wants a look has `ok` 0.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let report = state.modelReport else { return nil }
    let lines = report.plan + report.checks
    var table = DataTable(name)
    table.add("name", .texts(lines.map(\.name)))
    table.add("value", .texts(lines.map(\.value)))
    table.add("ok", .integers(lines.map { $0.isFine ? 1 : 0 }))
    return .table(table)
  }
}

extension PredictView {
  /// Every token, its loss, and what was expected after it; `before` is without the change that is in force.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let run = state.run, run.stream == .decoder, let base = state.outcome(Alteration()),
      let before = base.predictions
    else { return nil }
    let outcome = state.alteration.isNone ? base : state.outcome(state.alteration)
    guard let outcome, let after = outcome.predictions else { return nil }
    // A classifier's only row is of the whole prompt.
    let positions = Array(run.tokens.indices.prefix(after.best.count))
    func losses(_ predictions: Predictions) -> DataTable.Values {
      .numbers(
        positions.map {
          predictions.losses.indices.contains($0 - 1) ? predictions.losses[$0 - 1] : .nan
        })
    }
    func text(_ id: Int, _ spelling: [Int: [UInt8]]) -> String {
      spelling[id].map { String(decoding: $0, as: UTF8.self) } ?? "<\(id)>"
    }
    var table = DataTable(name)
    table.add("position", .integers(positions))
    table.add("piece", .texts(positions.map { run.tokens[$0].piece }))
    table.add("loss", losses(after))
    table.add("id", .integers(after.best.map(\.id)))
    table.add("expected", .texts(after.best.map { text($0.id, outcome.spelling) }))
    table.add("probability", .numbers(after.best.map(\.probability)))
    guard !state.alteration.isNone else { return .table(table) }
    table.add("loss before", losses(before))
    table.add("id before", .integers(before.best.map(\.id)))
    table.add("probability before", .numbers(before.best.map(\.probability)))
    return .table(table)
  }
}

extension RulesView {
  /// Every head, the rule that stands in it, and how far its map moved.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let heads = state.subject?.patterns.allHeads else { return nil }
    let drift = state.drift
    let rules = state.alteration[rulesOf: state.stream]
    var table = DataTable(name)
    table.add("layer", .integers(heads.map(\.layer)))
    table.add("head", .integers(heads.map(\.head)))
    table.add("rule", .texts(heads.map { rules[$0]?.description ?? "" }))
    table.add("moved", .numbers(heads.map { drift?[$0] ?? (state.alteration.isNone ? 0 : .nan) }))
    return .table(table)
  }
}

extension SinksView {
  /// Every key: how much attention it receives, from how many heads, and its largest φ.
  static func data(_ state: ExplorerState) -> ViewData? {
    guard let run = state.run, let report = state.sinkReport else { return nil }
    let positions = report.positions
    var table = DataTable(name)
    table.add("key", .integers(positions.map(\.index)))
    table.add("piece", .texts(positions.map { run.keyTokens[$0.index].piece }))
    table.add("received", .numbers(positions.map(\.received)))
    table.add("rate", .numbers(positions.map(\.rate)))
    table.add(
      "feeders", .integers(positions.map { key in report.feeders.count { $0.key == key.index } }))
    table.add(
      "phi",
      .numbers(
        positions.map { key in
          report.dimensions.phi.compactMap { $0.indices.contains(key.index) ? $0[key.index] : nil }
            .max() ?? .nan
        }))
    return .table(table)
  }
}
