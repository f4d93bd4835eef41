import Models
import Testing
import Tokenizers

@testable import Explorer

private let first = HeadIndex(layer: 0, head: 0)

private func without(_ heads: HeadIndex...) -> Alteration {
  var alteration = Alteration()
  alteration.knockedOut = StreamHeads(heads)
  return alteration
}

@Test func `x asks at once what the model is without the head, and x again takes it back`() {
  var state = ExplorerState(.synthetic())
  let effects = state.press(.character("x"))
  #expect(
    effects == [.ask([Question(.outcome, without(first)), Question(.outcome)], generation: 1)])
  #expect(state.text(80, 24).contains("without L0.H0"))
  #expect(state.before == nil, "the maps are the model's own until the answer is there")
  state = state.answered()
  #expect(state.before != nil)
  state.press(.character("x"))
  #expect(state.alteration.isNone && state.before == nil)
  #expect(!state.text(80, 24).contains("without"))
}

@Test func `a number, a layer and a selection say how many heads are knocked out`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("3"), .character("x"))
  #expect(state.alteration.knockedOut.count == 3)
  #expect(state.text(100, 24).contains("without L0.H0 L0.H1 L0.H2"))
  state.press(.down, .character("X"))
  #expect(state.alteration.knockedOut.count == 9)
  #expect(state.text(100, 24).contains("and 6 more"))
  state.type("restore")
  #expect(state.alteration.isNone)
  state.press(.character(" "), .down, .character(" "), .character("x"))
  #expect(state.alteration.knockedOut[.decoder].map(\.layer).sorted() == [1, 2])
}

@Test func `knock-outs are undone and redone one by one`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("x"), .right, .character("x"))
  #expect(state.alteration.knockedOut.count == 2)
  state.press(.character("u"))
  #expect(state.alteration == without(first))
  state.press(.character("u"), .character("u"))
  #expect(state.alteration.isNone && state.notice?.text == "nothing to undo")
  state.press(.control("r"), .control("r"))
  #expect(state.alteration.knockedOut.count == 2)
  state.press(.character("u"), .down, .character("."))
  #expect(state.alteration.knockedOut == StreamHeads([first, HeadIndex(layer: 1, head: 1)]))
}

@Test func `the prediction shows the loss before and after, and what it was`() {
  var state = ExplorerState(.synthetic(), view: "predict").answered()
  #expect(state.text(100, 30).contains("mean loss 1.000 nats"))
  state.press(.character("x"))
  state = state.answered()
  let text = state.text(120, 30)
  #expect(text.contains("mean loss 1.250 nats, +0.250 without L0.H0"))
  #expect(text.contains("before  after"))
  #expect(text.contains("was ␣Mary"))
  #expect(text.contains("0.125  0.750"))
}

@Test func `in the prediction left and right go through the heads by what they add`() {
  var state = ExplorerState(.synthetic(), view: "predict").answered()
  state.press(.character("0"))
  #expect(state.head == HeadIndex(layer: 2, head: 5))
  #expect(state.text(80, 24).contains("▸ L2.H5    +2.75"))
  state.press(.right)
  #expect(state.head == HeadIndex(layer: 1, head: 4))
}

@Test func `before and after are compared once a head is out, heads by how much they moved`() {
  var state = ExplorerState(.synthetic(), view: "compare")
  #expect(state.compared == .heads)
  state.press(.character("x"))
  state = state.answered()
  #expect(state.compared == .change)
  let text = state.text(100, 40)
  #expect(text.contains("L0.H0 before") && text.contains("L0.H0 after"))
  #expect(text.contains("L3.H5  0.4792"))
  state.type("compare heads")
  #expect(state.compared == .heads)
  state.type("compare heads now")
  #expect(
    state.notice?.text
      == ":compare: found \"heads now\", expected heads, change, prompts, models, prompt TEXT or open MODEL"
  )
}

@Test func `a rule is chosen, turned, spread and taken away, and is always in sight`() throws {
  var state = ExplorerState(.synthetic())
  state.press(.character("r"))
  #expect(state.view == "rules")
  for letter in "temperature" { state.press(.character(letter)) }
  #expect(
    state.press(.enter)
      == [
        .ask(
          [
            Question(.drift(first), state.alteration), Question(.effect, state.alteration),
            Question(.outcome, state.alteration), Question(.outcome),
          ], generation: 1)
      ])
  #expect(state.alteration[rulesOf: .decoder][first]?.name == "temperature")
  #expect(state.text(120, 24).contains("rule temperature:tau=2 in L0.H0, propagated"))
  #expect(state.text(80, 24).contains("rule temperature in L0.H0, propagated"), "its defaults")
  let before = state.alteration
  state.press(.character(">"))
  #expect(state.alteration != before)
  let turned = state.alteration.heads.map { $0.rule.shortText }
  #expect(turned != ["temperature"] && state.text(80, 24).contains("rule \(turned[0]) in L0.H0"))
  state.press(.character("<"))
  #expect(state.alteration == before)
  state.press(.character("t"))
  #expect(state.alteration[rulesOf: .decoder].heads.count == 6)
  state.press(.character("D"))
  #expect(state.alteration.reach == .local)
  state.press(.character("S"))
  #expect(state.text(80, 24).contains("rule temperature"), "also in other views")
  let header = SnapshotHeader(state, view: "scores", charset: .half)
  #expect(
    header.lines.first { $0.label == "rule" }?.text.hasPrefix("rule temperature:tau=2 in ") == true)
  state.type("rule none")
  #expect(state.alteration.isNone)
  state.type("rule temprature")
  #expect(state.notice?.text.hasPrefix(":rule: ") == true && state.notice?.isError == true)
}

@Test func `a rule and knock-outs go together`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("x"))
  state.type("rule temperature")
  #expect(state.alteration.knockedOut == StreamHeads([first]) && !state.alteration.rules.isEmpty)
  #expect(state.alteration.text == "without L0.H0; rule temperature:tau=2 in L0.H0, propagated")
}

@Test func `heads are ranked by what they add to a token that is chosen`() {
  var state = ExplorerState(.synthetic(), view: "predict").answered()
  state.press(.character("t"))
  #expect(state.text(80, 24).contains("Take apart the logit of"))
  for letter in "john" { state.press(.character(letter)) }
  let question = Question(.forecast(20, of: 1))
  #expect(state.press(.enter) == [.ask([question], generation: 1)])
  _ = update(&state, .answered(question, .synthetic(question, tokens: 21), generation: 1))
  #expect(state.chosenToken == 1 && state.text(80, 24).contains("logit lens: top token"))
  state.type("token #99")
  #expect(state.chosenToken == 99)
  state.type("token the")
  #expect(state.chosenToken == 2, "what is expected here can be named by its text")
  state.type("token nonsense")
  #expect(
    state.notice?.text
      == ":token: found \"nonsense\", expected #ID, or a token that is expected here")
  state.type("token")
  #expect(state.chosenToken == nil)
}
