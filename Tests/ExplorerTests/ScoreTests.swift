import Analysis
import Models
import Testing

@testable import Explorer

@Test func `a score of heed's is worked out when it is chosen, and colours the atlas then`() {
  var state = ExplorerState(.synthetic())
  #expect(state.type("score michel") == [.ask([Question(.score("michel"))], generation: 1)])
  #expect(state.view == "atlas")
  #expect(state.text(80, 24).contains("Entropy 0"), "until then the colours are of the first score")
  let answer = Answer.synthetic(Question(.score("michel")), tokens: 21)
  _ = update(&state, .answered(Question(.score("michel")), answer, generation: 1))
  #expect(state.scoreTable?.name == "michel" && state.text(80, 24).contains("Score michel 0"))
  state.press(.character("o"))
  for letter in "taylor" { state.press(.character(letter)) }
  #expect(state.text(100, 24).contains("worked out when chosen"))
  #expect(state.press(.enter) == [.ask([Question(.score("taylor"))], generation: 1)])
}

@Test func `a score that does not apply says why, and what was shown stays`() {
  var state = ExplorerState(.synthetic())
  state.type("score successor")
  _ = update(
    &state,
    .answered(Question(.score("successor")), nil, generation: 1, why: "no ordinals"))
  #expect(state.notice?.text == "no ordinals" && state.notice?.isError == true)
  #expect(state.score == "entropy")
  #expect(state.press(.down) == [], "it is not asked for again")
}

@Test func `filter and digits work scores out too`() {
  var state = ExplorerState(.synthetic())
  #expect(
    state.type("second js") == [.ask([Question(.score("js"))], generation: 1)])
  let effects = state.type("filter michel>0.5")
  #expect(effects == [.ask([Question(.score("js")), Question(.score("michel"))], generation: 1)])
  #expect(state.notice == nil, "nobody knows yet which heads pass")
  for name in ["js", "michel"] {
    let question = Question(.score(name))
    _ = update(&state, .answered(question, .synthetic(question, tokens: 21), generation: 1))
  }
  #expect(!state.heads().isEmpty && state.heads().count < 24)
}

@Test func `a new run works the chosen score out again`() {
  var state = ExplorerState(.synthetic())
  state.type("score michel")
  let question = Question(.score("michel"))
  _ = update(&state, .answered(question, .synthetic(question, tokens: 21), generation: 1))
  #expect(update(&state, .loaded(.synthetic())) == [.ask([question], generation: 2)])
}

@Test func `with a rule in force the atlas can be coloured by any measure of drift`() {
  var state = ExplorerState(.synthetic())
  #expect(!state.scoreNames.contains("drift-tv"), "without a rule there is no drift")
  state.type("rule temperature")
  state.views = ["atlas"]
  let names = DriftMeasure.allCases.map(\.scoreName)
  #expect(Set(names).isSubset(of: state.scoreNames))
  let effects = state.type("score drift-tv")
  let question = Question(.drift(nil), state.alteration)
  guard case .ask(let questions, _)? = effects.last else {
    Issue.record("nothing asked")
    return
  }
  #expect(questions.contains(question))
  _ = update(&state, .answered(question, .drift([]), generation: 1))
  #expect(state.scoreTable?.name == "drift-tv" && state.text(80, 24).contains("Drift: tv"))
  state.type("rule none")
  #expect(state.scoreTable?.name == "entropy")
  state.press(.character("u"))
  #expect(state.scores.contains { $0.name == "drift-tv" }, "undo brings the drift back")
}

@Test func `under a rule with inputs frozen a knock-out is held back and says so`() {
  var state = ExplorerState(.synthetic())
  state.type("rule temperature")
  state.press(.character("D"), .character("x"))
  // x is no key of the rules view.
  state.views = ["atlas"]
  state.press(.character("x"))
  #expect(state.alteration.isLocal)
  #expect(state.alteration.text?.hasPrefix("without L0.H0 (not run: local)") == true)
  state.type("rule none")
  #expect(!state.alteration.isLocal && state.alteration.reach == .propagated)
  #expect(state.alteration.text == "without L0.H0")
}

@Test
func `a score that was asked for is of the model as it is changed, and says so while it is not`() {
  var state = ExplorerState(.synthetic())
  state.type("score michel")
  let plain = Question(.score("michel"))
  _ = update(&state, .answered(plain, .synthetic(plain, tokens: 21), generation: 1))
  #expect(state.text(80, 24).contains("Score michel 0"))
  let effects = state.press(.character("x"))
  let changed = Question(.score("michel"), state.alteration)
  guard case .ask(let questions, _)? = effects.last else {
    Issue.record("nothing asked")
    return
  }
  #expect(questions.contains(changed))
  #expect(state.text(80, 24).contains("Score michel, of the unchanged model"))
  let values = HeadTable(repeating: 0.625, layers: 4, heads: 6)
  let table = ScoreTable(name: "michel", title: "Score michel", unit: "share", table: values)
  _ = update(&state, .answered(changed, .scores([table]), generation: 1))
  #expect(state.scoreTable?.value(state.head) == 0.625)
  #expect(!state.text(80, 24).contains("unchanged model"))
  state.press(.character("u"))
  #expect(state.scoreTable?.value(state.head) == 0, "undo brings the first one back")
}

@Test func `a score that cannot be had under a rule stays, as one of the unchanged model`() {
  var state = ExplorerState(.synthetic())
  state.type("score ablation-loss")
  let plain = Question(.score("ablation-loss"))
  _ = update(&state, .answered(plain, .synthetic(plain, tokens: 21), generation: 1))
  state.type("rule temperature")
  let ruled = Question(.score("ablation-loss"), state.alteration)
  _ = update(&state, .answered(ruled, nil, generation: 1, why: "another rule is in force"))
  #expect(state.notice?.text == "another rule is in force")
  #expect(state.score == "ablation-loss")
  #expect(state.scoreTable?.title == "Score ablation-loss, of the unchanged model")
}

@Test func `scores of weights and of prompts of their own are of the unchanged model at once`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("x"))
  let effects = state.type("score retrieval")
  guard case .ask(let questions, _)? = effects.last else {
    Issue.record("nothing asked")
    return
  }
  #expect(questions.contains(Question(.score("retrieval"))))
  let question = Question(.score("retrieval"))
  _ = update(&state, .answered(question, .synthetic(question, tokens: 21), generation: 1))
  #expect(state.scoreTable?.title == "Score retrieval, of the unchanged model")
}

@Test func `a ranking that was asked for before a change says so`() {
  var state = ExplorerState(.synthetic(), view: "map")
  let question = Question(.edge(queries: 20..<21, keys: 0..<1))
  state.press(.character("W"))
  let table = ScoreTable.edge(SyntheticPatterns(tokens: 21), queries: 20..<21, keys: 0..<1) { _ in }
  _ = update(&state, .answered(question, .table(table), generation: 1))
  #expect(state.scoreTable?.title == "From 20 to 0")
  state.press(.character("x"))
  #expect(state.scoreTable?.title == "From 20 to 0, of the unchanged model")
}
