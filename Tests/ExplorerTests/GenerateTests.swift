import Analysis
import Models
import Testing
import Tokenizers

@testable import Explorer

private func next(_ count: Int, _ alteration: Alteration = Alteration()) -> Question {
  Question(.next(after: Array(repeating: 0, count: count)), alteration)
}

extension ExplorerState {
  /// Answers every question for a next token, as long as more are wanted.
  fileprivate mutating func write() {
    while let question = nextToken, answers.refusal(question) == nil {
      let answer = Answer.synthetic(question, tokens: run?.tokens.count ?? 0)
      _ = update(&self, .answered(question, answer, generation: generation))
    }
  }
}

@Test func `one token is written when the view opens, and as many more as a number says`() {
  var state = ExplorerState(.synthetic())
  #expect(state.press(.character("C")) == [.ask([next(0)], generation: 1)])
  state.write()
  #expect(state.written.tokens.map(\.token.text) == [" cat"])
  #expect(state.press(.character("4"), .enter) == [.ask([next(1)], generation: 1)])
  state.write()
  #expect(state.written.tokens.count == 5 && state.writing.step == 4)
  #expect(state.type("generate 2") == [.ask([next(5)], generation: 1)])
  state.type("generate none")
  #expect(
    state.notice?.text == ":generate: found \"none\", expected a number of tokens from 1 to 10000")
}

@Test func `what was written before a stop stays, and Enter goes on`() {
  var state = ExplorerState(.synthetic(), view: "generate")
  state.write()
  state.press(.character("9"), .enter)
  let question = next(1)
  _ = update(
    &state,
    .answered(question, .synthetic(question, tokens: 21), generation: 1))
  #expect(state.press(.control("c")) == [.cancel])
  #expect(state.written.tokens.count == 2)
  #expect(state.press(.left) == [], "what was stopped is not asked again by itself")
  #expect(state.press(.enter) == [.ask([next(2)], generation: 1)])
}

@Test func `left and right scrub through the steps, each with its own row and pointers`() {
  var state = ExplorerState(.synthetic(), view: "generate")
  state.write()
  state.press(.character("3"), .enter)
  state.write()
  let text = state.text(100, 30)
  #expect(text.contains("token 4 of 4: ␣the 0.50; then ␣dog 0.13"))
  #expect(text.contains("heads pointing at it") && text.contains("L2.H1   0.75 at 4"))
  #expect(text.contains("◆"), "pointers are marked in the rows")
  state.press(.left, .left)
  #expect(state.text(100, 30).contains("token 2 of 4: ␣sat 0.50"))
  state.press(.character("0"))
  #expect(state.writing.step == 0)
  // The query of the first step is the prompt's last token.
  #expect(state.text(100, 30).contains("L0 average  query 20 \".\""))
}

@Test func `rows are of the mean, of a head or of the largest`() {
  var state = ExplorerState(.synthetic(), view: "generate")
  state.write()
  #expect(state.text(100, 30).contains("average of the layer's heads"))
  state.press(.character("t"))
  #expect(state.text(100, 30).contains("H0 of each layer"))
  // All weight on the token before, of the last query.
  #expect(state.text(100, 30).contains("strongest key 19 \" them\"  1.0000"))
  state.press(.character("t"))
  #expect(state.text(100, 30).contains("maximum of the layer's heads"))
}

@Test func `without a head the text is written anew, beside what it was`() {
  var state = ExplorerState(.synthetic(), view: "generate")
  state.write()
  var alteration = Alteration()
  alteration.knockedOut = StreamHeads([HeadIndex(layer: 0, head: 0)])
  let effects = state.press(.character("x"))
  guard case .ask(let questions, _)? = effects.last else {
    Issue.record("nothing asked")
    return
  }
  #expect(questions.contains(next(0, alteration)))
  state.write()
  #expect(state.text(120, 30).contains("unchanged it wrote ␣cat"))
}

@Test func `after its end token the text is over`() {
  var state = ExplorerState(.synthetic(), view: "generate")
  let end = WrittenToken(
    token: Token("</s>"), candidates: [.init(id: 0, bytes: [], probability: 1)], pointers: [],
    isEnd: true)
  _ = update(
    &state, .answered(next(0), .next(end, SyntheticPatterns(tokens: 21)), generation: 1))
  #expect(state.press(.enter) == [])
  #expect(state.notice?.text == "the model ended its text here")
}

/// What sorts numbers: four were read, one was written.
private func sorter(_ stream: StreamName) -> Subject {
  let read = ["sort", "41", "7", "93"].enumerated().map { place, text in
    Token(id: place, piece: text, bytes: Array(text.utf8), start: place * 5, end: place * 5 + 3)
  }
  let decoder = [Token("<pad>"), Token("7")]
  let keys = stream == .cross ? read : stream == .encoder ? read : decoder
  var patterns = SyntheticPatterns(tokens: keys.count)
  patterns.isCausal = stream == .decoder
  var subject = Subject(
    model: "m", prompt: "sort 41 7 93", tokens: stream == .encoder ? read : decoder,
    patterns: patterns, scores: [], keyTokens: keys)
  subject.asked = Prompt(tokens: read)
  subject.stream = stream
  subject.hasStreams([.encoder, .decoder, .cross])
  subject.beginning = [Token("<pad>")]
  return subject
}

private func written(_ run: Subject, keys: Int) -> ExplorerState {
  var state = ExplorerState(run, view: "generate")
  let token = WrittenToken(
    token: Token("7"), candidates: [.init(id: 2, bytes: Array("7".utf8), probability: 0.75)],
    pointers: [HeadPointer(head: HeadIndex(layer: 0, head: 0), key: 2, weight: 0.5)])
  var maps = SyntheticPatterns(tokens: keys)
  maps.isCausal = false
  _ = update(&state, .answered(next(0), .next(token, maps), generation: 1))
  return state
}

@Test func `of an encoder-decoder the text is what was read and what is written`() {
  let text = written(sorter(.decoder), keys: 1).text(100, 30)
  #expect(text.contains("sort 41 7 93 <pad> 7"), "numbers do not run together")
  #expect(text.contains("the decoder's own attention of this step"))
  #expect(text.contains("L0 average  query 0 \"<pad>\" → strongest key 0 \"<pad>\""))
  #expect(text.contains("cross heads at it") && !text.contains("◆"))
  #expect(text.contains("E shows cross attention"))
}

@Test func `its cross attention has the keys that were read, and pointers among them`() {
  let text = written(sorter(.cross), keys: 4).text(100, 30)
  #expect(text.contains("cross attention of this step") && text.contains("◆"))
  #expect(text.contains("query 0 \"<pad>\" → strongest key 0 \"sort\""))
}

@Test func `another part of the same run goes on with as many tokens as were wanted`() {
  var state = ExplorerState(.synthetic(), view: "generate")
  state.write()
  state.press(.character("4"), .enter)
  #expect(state.writing.wanted == 5)
  let before = state.run
  _ = update(&state, .loaded(.synthetic()))
  #expect(before?.asked == state.run?.asked && state.writing.wanted == 5)
  #expect(state.written.tokens.isEmpty, "they are written again")
}

@Test func `a token asked for while another is on its way comes after it`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("C"))
  #expect(state.writing.wanted == 1 && state.nextToken.map(state.answers.asked.contains) == true)
  state.press(.enter, .enter)
  #expect(state.writing.wanted == 3)
}
