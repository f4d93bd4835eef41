import Analysis
import Foundation
import Models
import Testing

@testable import Explorer

private func pruned() -> ExplorerState { ExplorerState(.synthetic(), view: "prune").answered() }

@Test func `the prune view asks for the curve of its measure and shows how far it is`() {
  var state = ExplorerState(.synthetic())
  #expect(
    state.press(.character("P"))
      == [.ask([Question(.pruning(PruneRequest("michel")))], generation: 1)])
  _ = update(&state, .working(0.5, "pruning"))
  #expect(state.text(80, 24).contains("pruning █████░░░░░ 50%"))
  #expect(state.text(80, 24).contains("working it out"))
}

@Test func `a cursor on the curve shows which heads are gone, and what that costs`() {
  var state = pruned()
  #expect(state.text(100, 30).contains("24 of 24 heads left  loss 2.000 (0.000)"))
  state.press(.right, .right, .right)
  let text = state.text(100, 30)
  #expect(text.contains("21 of 24 heads left  loss 2.060 (+0.060)"))
  #expect(text.contains("21 left"))
  #expect(
    state.pruning.point?.mask.removed == [
      .init(layer: 3, head: 5), .init(layer: 3, head: 4), .init(layer: 3, head: 3),
    ])
  state.press(.character("$"))
  #expect(state.text(100, 30).contains("1 of 24 heads left"))
  state.press(.right)
  #expect(state.pruning.place == 23, "the curve has an end")
}

@Test func `up and down go through the heads in the order in which they go`() {
  var state = pruned()
  state.press(.character("g"))
  #expect(state.head == HeadIndex(layer: 3, head: 5))
  state.press(.down)
  #expect(state.head == HeadIndex(layer: 3, head: 4))
  state.press(.character("G"))
  #expect(state.head == HeadIndex(layer: 0, head: 0))
}

@Test func `Enter takes the heads out that are gone at the cursor, u brings them back`() {
  var state = pruned()
  state.press(.right, .right, .enter)
  #expect(state.alteration.knockedOut.count == 2)
  #expect(state.notice?.text == "without 2 heads; u undoes")
  state.press(.character("u"))
  #expect(state.alteration.isNone)
  state.press(.control("r"))
  #expect(state.alteration.knockedOut.count == 2)
}

@Test func `another measure is worked out while the curve that was there stays`() {
  var state = pruned()
  state.press(.character("o"))
  for letter in "greedy" { state.press(.character(letter)) }
  #expect(
    state.press(.enter) == [.ask([Question(.pruning(PruneRequest("greedy")))], generation: 1)])
  #expect(state.text(100, 30).contains("greedy: being worked out; shown: Importance after Michel"))
  #expect(state.press(.control("c")) == [.cancel])
  #expect(state.text(100, 30).contains("greedy: stopped"))
  #expect(state.pruning.curve?.request.measure == "michel")
  #expect(
    state.type("prune greedy") == [
      .ask([Question(.pruning(PruneRequest("greedy")))], generation: 1)
    ],
    "what was stopped can be asked for again")
  state.type("prune michel recompute")
  #expect(state.pruneRequest == PruneRequest("michel", recomputes: true))
  state.type("prune nonsense")
  #expect(
    state.notice?.text
      == ":prune: found \"nonsense\", expected greedy, or a score of heed scores --list and recompute or not"
  )
}

@Test func `prompts of a file are what heads are judged by`() {
  var state = pruned()
  _ = update(&state, .promptFile(PromptFile(name: "f", texts: ["one", "two"])))
  #expect(state.pruneRequest.prompts?.texts == ["one", "two"])
  #expect(state.notice?.text == "2 prompts; ^N and ^P go through them")
  // A line that is an image has no text to go to, and is judged by all the same.
  let prompts = state.prompts
  let images = PromptFile(name: "g", texts: [], count: 3)
  #expect(
    update(&state, .promptFile(images))
      == [.ask([Question(.pruning(PruneRequest("michel", prompts: images)))], generation: 1)])
  #expect(
    state.notice?.text == "3 prompts for the prune view to judge by; none is a text to go to")
  #expect(state.prompts == prompts)
  // Read again, it is judged again: what is right may be written beside the same texts.
  _ = update(
    &state,
    .answered(
      Question(.pruning(state.pruneRequest)), .pruning(.synthetic(state.pruneRequest)),
      generation: 1))
  #expect(
    update(&state, .promptFile(images))
      == [.ask([Question(.pruning(PruneRequest("michel", prompts: images)))], generation: 1)])
}

@Test func `masks are written and read in the form that heed prune writes`() {
  var state = pruned()
  state.press(.right, .right)
  #expect(state.type("mask write m.json") == [.save(name: "m.json", text: "{\"3\": [4, 5]}\n")])
  #expect(state.type("mask read m.json") == [.readMask("m.json")])
  _ = update(&state, .maskFile(name: "m.json", Array(#"{"0": [1], "3": [5]}"#.utf8)))
  #expect(
    state.alteration.knockedOut
      == StreamHeads([.init(layer: 0, head: 1), .init(layer: 3, head: 5)]))
  #expect(state.notice?.text == "without 2 heads as in m.json; u undoes")
  state.press(.escape)
  state.views = ["atlas"]
  #expect(
    state.type("mask write k.json")
      == [.save(name: "k.json", text: "{\"0\": [1], \"3\": [5]}\n")],
    "elsewhere it is what is knocked out")
}

@Test(arguments: [
  (
    #"{"9": [1]}"#,
    "m: names L9.H1, but the model has layers 0 to 3 with heads 0 to 5 each; use a mask of this model"
  ),
  ("[]", "m: found no mask, expected {\"layer\": [heads], …} as heads_to_prune.json holds it"),
]) func `a mask that does not fit changes nothing`(text: String, why: String) {
  var state = ExplorerState(.synthetic())
  _ = update(&state, .maskFile(name: "m", Array(text.utf8)))
  #expect(state.alteration.isNone && state.notice?.text == why)
}

@Test func `a mask command says what it takes, and that there is nothing to write`() {
  var state = ExplorerState(.synthetic())
  state.type("mask write")
  #expect(state.notice?.text == ":mask: found \"write\", expected write FILE or read FILE")
  state.type("mask write a")
  #expect(state.notice?.text == ":mask: no head is out; x takes heads out")
}

@Test func `a click on the curve goes to the nearest place`() throws {
  var state = pruned()
  _ = update(&state, .resize(width: 80, height: 24))
  _ = update(&state, .mouse(MouseEvent(.press, x: 30, y: 8)))
  #expect(state.pruning.place > 3 && state.pruning.place < 20)
}
