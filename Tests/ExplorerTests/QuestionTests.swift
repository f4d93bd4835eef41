import Analysis
import Models
import Tensors
import Testing
import Tokenizers

@testable import Explorer

private let head = HeadIndex(layer: 1, head: 2)

@Test func `a view asks once for what it wants to know`() {
  var state = ExplorerState(.synthetic())
  _ = update(&state, .goto(head))
  #expect(state.press(.character("i")) == [.ask([Question(.vectors(head))], generation: 1)])
  #expect(state.press(.down) == [])
  #expect(state.text(80, 24).contains("working it out"))
}

@Test func `an answer about an earlier run is thrown away`() {
  var state = ExplorerState(.synthetic(), view: "neuron")
  #expect(state.generation == 1)
  _ = update(&state, .resize(width: 80, height: 24))
  _ = update(&state, .loaded(.synthetic()))
  let answer = Answer.vectors(HeadVectors(dHead: 2, scale: 1, queries: [], keys: []))
  _ = update(&state, .answered(Question(.vectors(state.head)), answer, generation: 1))
  #expect(state.answers.known(Question(.vectors(state.head))) == nil)
  _ = update(&state, .answered(Question(.vectors(state.head)), answer, generation: 2))
  #expect(state.answers.known(Question(.vectors(state.head))) != nil)
}

@Test func `Control-C stops an analysis, keeps what was there, and says how to go on`() {
  var state = ExplorerState(.synthetic(), view: "model")
  #expect(
    update(&state, .resize(width: 80, height: 24)) == [.ask([Question(.model)], generation: 1)])
  _ = update(&state, .working(0.5, "checking maps"))
  #expect(state.text(80, 24).contains("checking maps █████░░░░░ 50%"))
  #expect(state.press(.control("c")) == [.cancel])
  #expect(state.text(80, 24).contains("stopped; R runs the prompt again"))
  #expect(state.press(.down) == [], "what was stopped is not asked again by itself")
  #expect(state.press(.control("c")) == [.screen(.quit)])
}

@Test func `a new run asks again for what the view wants`() {
  var state = ExplorerState(.synthetic(), view: "model")
  _ = update(&state, .resize(width: 80, height: 24))
  #expect(
    state.press(.character("R")) == [.run(state.prompt), .ask([Question(.model)], generation: 1)])
  #expect(update(&state, .loaded(.synthetic())) == [.ask([Question(.model)], generation: 2)])
}

/// A question whose answer takes a thousand bytes, and that answer.
private func vectors(_ layer: Int) -> (question: Question, entry: Answers.Entry) {
  let numbers = [Float](repeating: 0, count: 125)
  return (
    Question(.vectors(HeadIndex(layer: layer, head: 0))),
    .known(.vectors(HeadVectors(dHead: 1, scale: 1, queries: numbers, keys: numbers)))
  )
}

@Test func `answers keep to their bytes, and what nobody wanted for longest goes first`() {
  var answers = Answers(budget: 5500)
  for layer in 0..<5 { answers.take(vectors(layer).question, vectors(layer).entry) }
  #expect(answers.bytes == 5000)
  answers.want([vectors(1).question])
  answers.want([])
  answers.take(vectors(5).question, vectors(5).entry)
  answers.take(vectors(6).question, vectors(6).entry)
  let kept = (0..<7).filter { answers.known(vectors($0).question) != nil }
  #expect(kept == [1, 3, 4, 5, 6], "0 and 2 are older than 1, which was wanted again")
  #expect(answers.bytes == 5000)
}

@Test func `what a view wants now stays, however much it takes`() {
  var answers = Answers(budget: 1500)
  let wanted = (0..<4).map { vectors($0).question }
  answers.want(wanted)
  for layer in 0..<4 { answers.take(vectors(layer).question, vectors(layer).entry) }
  #expect(answers.bytes == 4000 && answers.unasked(wanted).isEmpty)
  answers.want([wanted[3]])
  answers.take(vectors(9).question, vectors(9).entry)
  #expect(answers.unasked(wanted) == [wanted[0], wanted[1], wanted[2]])
  #expect(answers.known(vectors(9).question) != nil, "the newest answer is there at least once")
}

@Test func `a run that an answer holds is counted`() throws {
  var state = ExplorerState(.synthetic())
  state.answerBudget = 777
  _ = update(&state, .loaded(.synthetic()))
  #expect(state.answers.budget == 777)
  let table = HeadTable(repeating: 0, layers: 4, heads: 6)
  struct Held: PatternSource {
    let layers = 1, heads = 1, queryCount = 1, keyCount = 1, isCausal = true
    let bytesInMemory = 123_456
    func pattern(_: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
      Tensor([1], shape: [1, 1])
    }
  }
  let outcome = Outcome(patterns: Held(), predictions: nil, drift: table)
  #expect(Answer.outcome(outcome).byteCount == 123_456 + 24 * 8)
}

@Test func `who does this ranks all heads by the weight under the cursor`() throws {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .point(query: 12, key: 0))
  let question = Question(.edge(queries: 12..<13, keys: 0..<1))
  #expect(state.press(.character("W")) == [.ask([question], generation: 1)])
  let patterns = try #require(state.subject?.patterns)
  let table = ScoreTable.edge(patterns, queries: 12..<13, keys: 0..<1) { _ in }
  _ = update(&state, .answered(question, .table(table), generation: 1))
  #expect(state.view == "scores" && state.score == "edge")
  #expect(state.text(80, 24).contains("0.7500"))
  #expect(ScoresView.sorted(state).first == HeadIndex(layer: 0, head: 1))
  #expect(state.head == HeadIndex(layer: 0, head: 1), "the list begins with who does it most")
  state.press(.character("("))
  #expect(state.view == "map" && state.head == HeadIndex(layer: 0, head: 0))
}

@Test func `a region goes from its corner to the cursor`() {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .point(query: 12, key: 6))
  state.press(.character("V"))
  _ = update(&state, .point(query: 10, key: 8))
  #expect(state.region.queries == 10..<13 && state.region.keys == 6..<9)
}

@Test func `a head is most like itself, and like those of its kind`() {
  let patterns = SyntheticPatterns(tokens: 21)
  let table = ScoreTable.like(patterns, HeadIndex(layer: 0, head: 0)) { _ in }
  #expect(table.value(HeadIndex(layer: 0, head: 0)) == 1)
  #expect(table.value(HeadIndex(layer: 2, head: 2)) == 1)
  #expect(table.value(HeadIndex(layer: 0, head: 3)) < 0.5)
}
