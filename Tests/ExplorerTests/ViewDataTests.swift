import Models
import Testing

@testable import Explorer

private func state(_ view: String, _ command: String? = nil) -> ExplorerState {
  var state = ExplorerState(.synthetic(), view: view)
  if let command { state.type(command) }
  // What is in force changes what is asked.
  return state.answered()
}

private func columns(_ state: ExplorerState) -> [String] {
  guard case .table(let table)? = ExplorerViews.named(state.view).data(state) else { return [] }
  return table.columns.map(\.name)
}

@Suite struct ViewDataTests {
  @Test(
    arguments: [
      "atlas", "heads", "help", "layers", "map", "model", "neuron", "predict", "rules", "scores",
      "sinks", "tokens",
    ])
  func `a view of a run has its numbers`(view: String) {
    #expect(ExplorerViews.named(view).data(state(view)) != nil)
  }

  @Test func `small maps are one array, of a layer or of a head`() throws {
    var state = state("heads")
    for (shape, axis) in [([6, 21, 21], "head"), ([4, 21, 21], "layer")] {
      guard case .tensor(let source)? = HeadsView.data(state) else {
        Issue.record("no array")
        return
      }
      #expect(source.shape == shape && source.axes == [axis, "query", "key"])
      var count = 0
      try source.forEachPart { count += $0.count }
      #expect(count == shape.reduce(1, *))
      state.press(.character("t"))
    }
  }

  @Test func `predictions have the columns of a change while one is in force`() throws {
    #expect(
      columns(state("predict"))
        == ["position", "piece", "loss", "id", "expected", "probability"])
    let changed = state("predict", "knock-out")
    #expect(columns(changed).suffix(3) == ["loss before", "id before", "probability before"])
    guard case .table(let table)? = PredictView.data(changed) else { return }
    #expect(table.rowCount == 21)
    // After the change the second word is expected everywhere, half as sure.
    #expect(table.columns[4].values == .texts(Array(repeating: " John", count: 21)))
    #expect(table.columns[2].values.text(2) == "0.75" && table.columns[6].values.text(2) == "0.5")
  }

  @Test func `rules, sinks and the model are tables`() throws {
    #expect(columns(state("rules")) == ["layer", "head", "rule", "moved"])
    var ruled = state("rules")
    ruled.type("rule streaming:sink=2,recent=4")
    guard case .table(let rules)? = RulesView.data(ruled.answered()) else { return }
    #expect(rules.columns[2].values.text(0).hasPrefix("streaming:sink=2,recent=4"))
    #expect(rules.columns[2].values.text(1).isEmpty)
    #expect(columns(state("sinks")) == ["key", "piece", "received", "rate", "feeders", "phi"])
    guard case .table(let sinks)? = SinksView.data(state("sinks")) else { return }
    #expect(sinks.columns[4].values.text(0) == "6" && sinks.columns[4].values.text(1) == "0")
    guard case .table(let model)? = ModelView.data(state("model")) else { return }
    #expect(model.columns.map(\.name) == ["name", "value", "ok"])
    #expect(model.columns[2].values == .integers([1, 1, 1, 0]))
  }
}
