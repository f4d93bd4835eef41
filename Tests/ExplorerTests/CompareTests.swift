import Analysis
import Models
import Testing
import Tokenizers

@testable import Explorer

@Test func `another prompt runs behind the screen and stands beside this one`() {
  var state = ExplorerState(.synthetic())
  let question = Question(.other(.prompt("The dog sat")))
  #expect(state.type("compare prompt The dog sat") == [.ask([question], generation: 1)])
  #expect(state.view == "compare" && state.text(100, 40).contains("working it out"))
  _ = update(&state, .answered(question, .synthetic(question, tokens: 21), generation: 1))
  let text = state.text(120, 40)
  #expect(text.contains("L0.H0, other prompt") && text.contains("L0.H0, this prompt"))
  #expect(text.contains("second minus first"))
  #expect(text.contains("maps that differ most") && text.contains("L3.H5  0.9583"))
}

@Test func `another model runs on the same prompt`() {
  var state = ExplorerState(.synthetic())
  let question = Question(.other(.model("sample:digits")))
  #expect(state.type("compare open sample:digits") == [.ask([question], generation: 1)])
  _ = update(&state, .answered(question, .synthetic(question, tokens: 21), generation: 1))
  #expect(state.compared == .models)
  #expect(state.text(120, 40).contains("L0.H0 of synthetic"))
}

@Test func `texts that differ in some tokens of as many are subtracted by position, which is said`()
{
  var state = ExplorerState(.synthetic())
  state.type("compare prompt A")
  let question = Question(.other(.prompt("A")))
  var tokens = Subject.sentence.map { Token($0) }
  (tokens[1], tokens[4]) = (Token(" dog"), Token(" a"))
  let other = ComparedRun(subject: .synthetic(tokens), drift: nil, loss: nil)
  _ = update(&state, .answered(question, .other(other), generation: 1))
  #expect(
    state.text(120, 40).contains(
      "subtracted by position, though 2 of 21 tokens differ: 1 ␣dog ␣cat, 4 ␣a ␣the"))
  _ = update(
    &state,
    .answered(
      question, .other(ComparedRun(subject: .synthetic(), drift: nil, loss: nil)), generation: 1))
  #expect(!state.text(120, 40).contains("by position"), "of the same tokens nothing is said")
}

@Test func `of texts of other lengths the tokens in both are subtracted`() throws {
  var state = ExplorerState(.synthetic())
  state.type("compare prompt A")
  let question = Question(.other(.prompt("A")))
  var tokens = Subject.sentence.map { Token($0) }
  tokens.insert(Token(" big"), at: 1)
  let other = ComparedRun(subject: .synthetic(tokens), drift: nil, loss: nil)
  _ = update(&state, .answered(question, .other(other), generation: 1))
  let text = state.text(120, 40)
  #expect(
    text.contains("difference of the 21 tokens that stand in both texts, of 22 and 21"))
  #expect(text.contains("second minus first -1.00"))
}

@Test func `tokens are aligned by what they spell, whatever their numbers`() {
  let first = ["a", "b", "c", "d"].map { Token($0) }
  let second = ["a", "x", "c", "d", "e"].enumerated().map { place, text in
    Token(id: place + 7, piece: text, bytes: Array(text.utf8), start: 0, end: 0)
  }
  let alignment = TokenAlignment(first, second)
  #expect(alignment.first == [0, 2, 3] && alignment.second == [0, 2, 3])
  let long = (0..<TokenAlignment.longest + 1).map { Token("\($0)") }
  let longer = TokenAlignment(long, Array(long[..<9]) + [Token("new")] + Array(long[9...]))
  #expect(longer.first == Array(long.indices))
  #expect(longer.second == Array(0..<9) + Array(10...long.count))
}

@Test func `maps between some tokens are those rows and columns`() throws {
  let whole = SyntheticPatterns(tokens: 21)
  let some = try #require(SelectedPatterns(whole, [0, 3, 4, 20]))
  let head = HeadIndex(layer: 0, head: 1)
  let tile = some.pattern(head, rows: 1..<4, columns: 0..<4).elements
  let expected = [3, 4, 20].flatMap { query in
    [0, 3, 4, 20].map { SyntheticPatterns.weight(head, query: query, key: $0) }
  }
  #expect(tile == expected)
  #expect(SelectedPatterns(whole, [3]) == nil)
}

@Test func `a model of another shape is compared head by nearest head`() {
  var state = ExplorerState(.synthetic())
  state.type("compare open b")
  let question = Question(.other(.model("b")))
  let theirs = Subject.synthetic(layers: 2, heads: 3)
  let nearest =
    MapDistance.nearest(SyntheticPatterns(tokens: 21), theirs.patterns) ?? []
  // Four kinds in turn: both have all of them, and every kind finds itself.
  #expect(nearest.count == 24)
  for match in nearest {
    #expect(SyntheticPatterns.kind(match.head) == SyntheticPatterns.kind(match.other))
    #expect(match.distance == 0)
  }
  let other = ComparedRun(subject: theirs, drift: nil, nearest: nearest, loss: nil)
  _ = update(&state, .answered(question, .other(other), generation: 1))
  _ = update(&state, .goto(HeadIndex(layer: 3, head: 1)))
  #expect(state.text(120, 40).contains("nearest, L0.H0 of syn"))
}

@Test func `runs of other lengths have no difference, and heads are ranked by the score`() {
  var state = ExplorerState(.synthetic())
  state.type("score first")
  state.type("compare prompt Hi")
  let question = Question(.other(.prompt("Hi")))
  let other = ComparedRun(subject: .synthetic([Token("Hi")]), drift: nil, loss: nil)
  _ = update(&state, .answered(question, .other(other), generation: 1))
  let text = state.text(120, 40)
  #expect(text.contains("no difference: the prompts"))
  #expect(text.contains("heads whose first-token share differs most, share"))
}

@Test func `what to compare with is chosen from a list`() {
  var state = ExplorerState(.synthetic())
  let first = state.prompt
  _ = update(&state, .run("two"))
  _ = update(&state, .loaded(.synthetic([Token("two")])))
  state.press(.character("d"), .character("t"))
  #expect(state.text(100, 40).contains("The cat sat on the mat"))
  for letter in "mat" { state.press(.character(letter)) }
  state.press(.enter)
  #expect(state.other == .prompt(first) && state.compared == .prompts)
  state.press(.character("t"))
  for letter in "model" { state.press(.character(letter)) }
  #expect(state.press(.enter) == [.list("")])
  #expect(state.text(100, 40).contains(":compare open"), "the line waits for a name")
}

@Test func `what cannot be compared says what to do`() {
  var state = ExplorerState(.synthetic())
  state.type("compare prompts")
  #expect(state.notice?.text == "there is no other prompt; :compare prompt TEXT runs one")
  state.type("compare change")
  #expect(state.notice?.text == "nothing is changed; x takes a head out")
  state.type("compare models")
  #expect(state.notice?.text == ":compare open MODEL opens one")
}

@Test func `of cross attention keys are labelled by what they are`() {
  let tokens = [Token("a"), Token("b")]
  var patterns = SyntheticPatterns(tokens: 2)
  patterns.isCausal = false
  let subject = Subject(
    model: "m", prompt: "", tokens: tokens, patterns: patterns, scores: [],
    keyTokens: [Token("uno"), Token("due")])
  var state = ExplorerState(subject, view: "map")
  _ = update(&state, .point(query: 1, key: 1))
  #expect(state.text(80, 24).contains("query 1 \"b\" → key 1 \"due\""))
  state.views = ["tokens"]
  let text = state.text(80, 24)
  #expect(text.contains("unodue"))
  #expect(text.contains("query 1 \"b\" → key 1 \"due\""))
}

@Test func `the tokens view names the key that was gone to beside the strongest`() {
  var state = ExplorerState(.synthetic(), view: "tokens")
  _ = update(&state, .query(20))
  state.type("key 3")
  #expect(
    state.text(100, 24).contains(
      "L0.H0  query 20 \".\" → key 3 \" on\"  0.0000, strongest 19 \" them\"  1.0000"))
}

@Test func `a region is drawn with the mouse on a map that is seen whole`() throws {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .resize(width: 80, height: 24))
  let grid = MapLayout(.synthetic(), state, in: state.body).grid
  func cell(_ query: Int, _ key: Int) -> (x: Int, y: Int) {
    let cells = grid.cells(query: query, key: key)
    return (cells.x, cells.middle)
  }
  let (from, to) = (cell(4, 2), cell(10, 6))
  _ = update(&state, .mouse(MouseEvent(.press, x: from.x, y: from.y)))
  let start = (state.query, state.key)
  _ = update(&state, .mouse(MouseEvent(.drag, x: to.x, y: to.y)))
  #expect(state.region.queries.lowerBound == start.0 && state.region.keys == 2..<7)
  let text = state.text(80, 24)
  #expect(text.contains("┌") && text.contains("┐") && text.contains("└"))
  let effects = state.press(.character("W"))
  #expect(
    effects == [
      .ask(
        [Question(.edge(queries: state.region.queries, keys: state.region.keys))], generation: 1)
    ])
  _ = update(&state, .mouse(MouseEvent(.press, x: from.x, y: from.y)))
  #expect(state.region.queries.count == 1, "a click ends the region")
}

@Test func `the chosen score is seen on both sides, also where no map differs`() {
  var state = ExplorerState(.synthetic(), view: "compare")
  #expect(state.text(80, 24).contains("▸ Entropy, nats"))
  state.press(.character(";"))
  #expect(state.text(80, 24).contains("▸ First-token share, share"))
  state.type("compare prompt A")
  let question = Question(.other(.prompt("A")))
  let same = HeadTable(repeating: 0, layers: 4, heads: 6)
  _ = update(
    &state,
    .answered(
      question, .other(ComparedRun(subject: .synthetic(), drift: same, loss: nil)), generation: 1))
  let lines = state.text(80, 24).split(separator: "\n")
  #expect(
    lines.contains { $0.hasPrefix("no map differs") && $0.hasSuffix("other       this difference") }
  )
  #expect(lines.contains { $0.hasPrefix("▸ First-token share, share") && $0.hasSuffix("0.0000") })
  _ = update(
    &state, .answered(question, .synthetic(question, tokens: 21), generation: 1))
  #expect(state.text(80, 24).contains("L3.H5  0.9583 ███████████████████░  first "))
}
