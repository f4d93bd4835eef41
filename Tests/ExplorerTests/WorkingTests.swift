import Analysis
import Models
import Testing
import Tokenizers

@testable import Explorer

@Test func `a number before a movement repeats it, before G it names the row`() {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .point(query: 20, key: 0))
  state.press(.character("1"), .character("2"))
  #expect(state.text(80, 24).contains(" 12\n"))
  state.press(.character("k"))
  #expect(state.query == 8 && state.count == nil)
  state.press(.character("5"), .character("G"))
  #expect(state.query == 5)
  state.press(.character("3"), .escape, .character("j"))
  #expect(state.query == 6, "Escape forgets the number")
  state.press(.character("0"))
  #expect(state.key == 0, "0 alone is the first column")
}

@Test func `back and forward go through the places that were left`() {
  var state = ExplorerState(.synthetic())
  state.type("L1.H2")
  state.type("goto L3.H5")
  #expect(state.head == HeadIndex(layer: 3, head: 5))
  state.press(.character("("))
  #expect(state.head == HeadIndex(layer: 1, head: 2))
  state.press(.character("("))
  #expect(state.head == HeadIndex(layer: 0, head: 0))
  state.press(.character("("))
  #expect(state.notice?.text == "no place to go back to")
  state.press(.character("2"), .character(")"))
  #expect(state.head == HeadIndex(layer: 3, head: 5))
}

@Test func `marks come back with their view`() {
  var state = ExplorerState(.synthetic(), view: "atlas")
  state.press(.enter)
  _ = update(&state, .point(query: 7, key: 3))
  state.press(.character("m"), .character("a"), .escape, .down, .character("'"), .character("a"))
  #expect(state.view == "map" && state.query == 7 && state.key == 3)
  state.press(.character("'"), .character("'"))
  #expect(state.view == "atlas")
  state.press(.character("'"), .character("z"))
  #expect(state.notice?.text == ":goto-mark: found \"z\", expected one of a")
}

@Test func `search goes to the next token that holds a text, and round the end`() {
  var state = ExplorerState(.synthetic(), view: "tokens")
  _ = update(&state, .query(0))
  state.press(.character("/"), .character("C"), .character("A"), .enter)
  #expect(state.query == 1)
  state.press(.character("n"))
  #expect(state.query == 8)
  state.press(.character("n"))
  #expect(state.query == 1)
  state.press(.character("N"))
  #expect(state.query == 8)
  state.type("search zebra")
  #expect(state.notice?.text == "no token contains zebra")
}

@Test func `following goes from a query to the key it gives most to, and on`() {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .goto(HeadIndex(layer: 0, head: 3)))
  _ = update(&state, .point(query: 20, key: 0))
  state.press(.character("f"))
  #expect(state.query == 13 && state.key == 13)
  state.press(.character("f"))
  #expect(state.query == 6)
  state.press(.character("("), .character("("))
  #expect(state.query == 20)
}

@Test func `a filter is a list of conditions, and says what is wrong with one`() {
  var state = ExplorerState(.synthetic())
  state.type("filter layer<2 & first >= 0.7")
  #expect(
    state.heads() == [(0, 1), (0, 5), (1, 0), (1, 4)].map { HeadIndex(layer: $0.0, head: $0.1) })
  #expect(state.text(80, 24).contains("only layer<2 & first >= 0.7"))
  state.type("filter entropy>9")
  #expect(state.notice?.text == "no head fulfils all of this")
  state.press(.character("&"), .control("u"), .enter)
  #expect(state.filter == nil)
  state.type("filter layer<1 & layer>2")
  #expect(state.notice?.isError == true && state.filter == nil)
  #expect(state.notice?.text.contains("no head can have both layer<1 and layer>2") == true)
  state.type("filter depth<3")
  #expect(state.notice?.text.contains("no score is called depth") == true)
}

@Test func `a score is chosen from a list that typing narrows`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("o"), .character("p"), .character("r"))
  #expect(state.text(80, 24).contains("Previous-token share"))
  state.press(.enter)
  #expect(state.score == "previous")
  state.press(.character("o"), .up, .enter)
  #expect(state.score == "first")
  state.press(.character("O"), .down, .enter)
  #expect(state.secondScore == "entropy")
  #expect(state.text(80, 24).contains("digits: entropy 0.0000 nats"))
  state.press(.character("O"), .character("q"), .character("q"), .enter)
  #expect(state.entry == .none && state.secondScore == "entropy", "nothing fits, nothing changes")
}

@Test func `the list of scores is sorted, undefined ones last`() {
  var state = ExplorerState(.synthetic())
  state.type("score first")
  state.press(.character("S"))
  let values = ScoresView.sorted(state).map { state.scoreTable?.value($0) ?? .nan }
  #expect(values == values.sorted(by: >))
  state.press(.character("g"))
  #expect(state.head == HeadIndex(layer: 0, head: 1))
  state.press(.down, .down)
  #expect(state.head == HeadIndex(layer: 1, head: 0))
  state.press(.right)
  #expect(state.score == "previous")
  state.press(.enter)
  #expect(state.view == "map")
}

@Test func `a dot repeats the last change, with its number`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("2"), .character(" "))
  #expect(state.selected == [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 0, head: 1)])
  state.press(.down, .character("."))
  #expect(state.selected.count == 4)
  #expect(state.text(80, 24).contains("4 selected"))
  state.type("select-none")
  #expect(state.selected.isEmpty)
}

@Test func `undo brings the earlier prompt back, redo the later one`() {
  var state = ExplorerState(.synthetic())
  let first = state.prompt
  _ = update(&state, .run("another"))
  #expect(state.press(.character("u")) == [.run(first)])
  #expect(state.press(.control("r")) == [.run("another")])
  state.press(.character("2"), .character("u"))
  #expect(state.notice?.text == "nothing to undo")
}

@Test func `the editor recalls prompts, and a file brings its own`() {
  var state = ExplorerState(.synthetic())
  let first = state.prompt
  _ = update(&state, .run("two"))
  _ = update(&state, .loaded(.synthetic([Token("two")])))
  #expect(state.press(.character("e"), .up, .enter) == [.run(first)])
  #expect(state.type("prompts a.txt") == [.readPrompts("a.txt")])
  #expect(update(&state, .promptFile(PromptFile(name: "f", texts: ["x", "y"]))) == [.run("x")])
  #expect(state.press(.control("n")) == [.run("y")])
  #expect(state.press(.control("n")) == [])
  #expect(state.notice?.text == "this is the last prompt")
  #expect(state.press(.control("p")) == [.run("x")])
  _ = update(&state, .promptFile(PromptFile(name: "f", texts: [])))
  #expect(state.notice?.text == "the file holds no prompt")
}

@Test func `a key of one's own comes before heed's, and can be taken back`() {
  var state = ExplorerState(.synthetic())
  state.type("map j view map")
  state.press(.character("j"))
  #expect(state.view == "map")
  state.type("map j")
  state.press(.escape, .character("j"))
  #expect(state.view == "atlas" && state.head.layer == 1)
  state.type("map F5 score first")
  state.press(.function(5))
  #expect(state.score == "first")
  state.type("map nokey quit")
  #expect(
    state.notice?.text == ":map: found \"nokey quit\", expected a key such as x, ^X, F5, Space")
  state.type("map x qiut")
  #expect(state.notice?.text == ":qiut: no such command; did you mean :quit?")
}

@Test func `every key has a label that is read back`() {
  for key in Commands.all.flatMap(\.keys) where key != .escape {
    #expect(Key(label: key.label) == key, "\(key.label)")
  }
}

@Test func `a note stands beside its head`() {
  var state = ExplorerState(.synthetic())
  state.type("note copies names")
  #expect(state.notes[HeadIndex(layer: 0, head: 0)] == "copies names")
  #expect(state.text(80, 24).contains("! copies names"))
  state.type("note ")
  state.press(.enter)
  #expect(state.notes.isEmpty)
}

@Test func `help is narrowed while it is typed`() {
  var state = ExplorerState(.synthetic(), view: "help")
  state.press(.character("/"), .character("z"), .character("o"), .character("o"))
  let lines = state.text(80, 24).split(separator: "\n").filter { $0.contains(" :") }
  #expect(lines.count == 2 && lines.allSatisfy { $0.contains(":zoom-") })
}

@Test func `views are chosen from a list`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("b"), .character("t"), .character("r"), .character("e"), .enter)
  #expect(state.view == "layers")
}

@Test func `heads that share a key and value head stand together`() {
  let subject = Subject.synthetic()
  let grouped = Subject(
    model: "m", prompt: "", tokens: subject.tokens, patterns: subject.patterns,
    scores: subject.scores, kvHeads: 2)
  let state = ExplorerState(grouped)
  #expect(state.text(80, 24).contains("reads key/value head 0"))
  #expect(state.text(80, 24).split(separator: "\n")[1].contains("│"))
}

@Test func `signed colours are lightest at zero and mirror each other`() {
  for depth in ColorDepth.allCases where depth != .mono {
    let lightness = Diverging.colors(depth).compactMap(\.lightness)
    #expect(lightness.count == Diverging.steps)
    guard depth == .direct || depth == .palette256 else { continue }
    #expect(lightness[4] == lightness.max())
    for step in 0..<4 {
      #expect(lightness[step] < lightness[step + 1], "\(depth)")
      #expect(lightness[8 - step] < lightness[7 - step], "\(depth)")
    }
  }
  #expect(Set(Diverging.glyphs).count == Diverging.steps)
}

@Test func `a message is read to its end in any window that has room for it`() {
  let why =
    "nowhere: found neither a file nor a folder, expected sample:NAME, a folder with config.json, a "
    + ".gguf file, or ORG/NAME in the Hugging Face cache; see heed samples for models to start with"
  func words(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
  for width in [40, 80, 200] {
    var state = ExplorerState(.synthetic(), view: "map")
    _ = update(&state, .failed(why))
    #expect(words(state.text(width, 24)).contains(why), "over a map, \(width) columns")
    var empty = ExplorerState()
    _ = update(&empty, .failed(why))
    #expect(words(empty.text(width, 24)).contains(why), "alone, \(width) columns")
  }
  var small = ExplorerState(.synthetic(), view: "map")
  _ = update(&small, .failed(why))
  #expect(small.text(20, 5).contains("…"))
  small.press(.down)
  #expect(!small.text(80, 24).contains("found neither"))
}

@Test func `a ranking that is known already is shown at once`() {
  var state = ExplorerState(.synthetic(), view: "map")
  let question = Question(.like(state.head))
  #expect(state.press(.character("%")) == [.ask([question], generation: 1)])
  let table = ScoreTable(
    name: "like", title: "Like L0.H0", unit: "1",
    table: HeadTable(repeating: 0.5, layers: 4, heads: 6))
  _ = update(&state, .answered(question, .table(table), generation: 1))
  #expect(state.view == "scores")
  state.press(.character("q"))
  #expect(state.view == "map")
  #expect(state.press(.character("%")).isEmpty)
  #expect(state.view == "scores")
}

@Test func `back and forward pass over where one is`() {
  var (trail, here) = (
    Trail(), Place(view: "map", head: HeadIndex(layer: 0, head: 0), query: 1, key: 0)
  )
  let other = Place(view: "atlas", head: here.head, query: 1, key: 0)
  trail.leave(other)
  trail.leave(here)
  #expect(trail.back(from: here) == other && trail.back(from: other) == nil)
  #expect(trail.forward(from: other) == here && trail.forward(from: here) == nil)
  here.query = 2
  #expect(trail.back(from: here) == other)
}
