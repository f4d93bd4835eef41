import Models
import Tensors
import Testing
import Tokenizers

@testable import Explorer

/// Twenty-one queries of a sentence that look at five other tokens.
private struct CrossPatterns: PatternSource {
  let layers = 2, heads = 3, queryCount = 21, keyCount = 5
  let isCausal = false

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    let weights = rows.flatMap { row in columns.map { $0 == row % 5 ? Float(0.6) : 0.1 } }
    return Tensor(weights, shape: [rows.count, columns.count])
  }
}

extension Subject {
  /// Cross attention from the sentence to five words.
  fileprivate static func cross() -> Subject {
    let keys = ["ein", " Hund", "猫", " \u{1B}[2J", "."].map { Token($0) }
    var subject = Subject(
      model: "synthetic", prompt: "", tokens: sentence.map { Token($0) }, patterns: CrossPatterns(),
      scores: [], origin: Origin(address: "sample:sort", fingerprint: ""), keyTokens: keys)
    subject.stream = .cross
    subject.hasStreams([.encoder, .decoder, .cross])
    return subject
  }

  /// Makes it a run of several stacks, all of one shape.
  mutating func hasStreams(_ streams: [StreamName]) {
    parts = streams.map { Part(stream: $0, layers: patterns.layers, heads: patterns.heads) }
  }

  /// The sentence with named parts.
  static func named(_ spans: [PromptSpan]) throws -> Subject {
    let plain = Subject.synthetic()
    let prompt = try Prompt(tokens: plain.tokens).naming(spans)
    var subject = Subject(
      model: plain.model, prompt: plain.prompt, tokens: plain.tokens, patterns: plain.patterns,
      scores: plain.scores, origin: Origin(address: "sample:novels", fingerprint: ""),
      queries: prompt, keys: prompt)
    subject.asked = prompt
    return subject
  }
}

private let first = PromptSpan(name: "A", tokens: 1..<7)
private let second = PromptSpan(name: "second part", tokens: 7..<12)

@Suite struct StreamTests {
  @Test func `cross attention is labelled by both texts, and nothing raw is drawn`() throws {
    var state = ExplorerState(.cross(), view: "map")
    _ = update(&state, .point(query: 3, key: 2))
    try expectGolden(state.text(80, 24), "map-cross")
    state.press(.tab)
    try expectGolden(state.text(80, 24), "tokens-cross")
  }

  @Test func `arrows among the keys' tokens move the query, and f has no way on`() {
    var state = ExplorerState(.cross(), view: "tokens")
    state.query = 3
    state.press(.down, .right, .left, .up)
    #expect(state.query == 3)
    state.press(.character("G"), .character("f"))
    #expect(state.query == 20 && state.key == 0)
  }

  @Test func `E goes through the parts, and says where there is one`() {
    var state = ExplorerState(.cross())
    state.head = HeadIndex(layer: 1, head: 2)
    #expect(state.press(.character("E")) == [.look(.encoder)])
    #expect(state.arrival.head == state.head, "the next part is seen at the same head")
    #expect(state.type("stream decoder") == [.look(.decoder)])
    #expect(state.type("stream cross").isEmpty, "it is there already")
    #expect(state.text(80, 24).contains("cross attention"))
    var one = ExplorerState(.synthetic())
    one.press(.character("E"))
    #expect(one.notice?.text == ":stream: this run has one stack, no encoder and decoder")
  }

  @Test func `what belongs to a model is put aside while another one is open`() {
    func subject(_ address: String) -> Subject {
      let plain = Subject.synthetic()
      return Subject(
        model: address, prompt: plain.prompt, tokens: plain.tokens, patterns: plain.patterns,
        scores: plain.scores, origin: Origin(address: address, fingerprint: ""))
    }
    var state = ExplorerState(subject("one"))
    state.press(.character("x"), .character(" "))
    state.type("note first")
    _ = update(&state, .loaded(subject("two")))
    #expect(state.alteration.isNone && state.notes.isEmpty && state.selected.isEmpty)
    #expect(state.notice?.text == "what was changed and noted about one comes back with it")
    #expect(state.press(.character("u")).isEmpty && state.alteration.isNone)
    _ = update(&state, .loaded(subject("one")))
    #expect(
      state.alteration.knockedOut == StreamHeads([state.head]) && state.selected == [state.head])
    #expect(state.notes[state.head] == "first")
    state.press(.character("u"))
    #expect(state.alteration.isNone)
    // Another prompt of the same model is no other model.
    _ = update(&state, .loaded(subject("one")))
    #expect(state.notes[state.head] == "first")
  }

  @Test func `heads that are out belong to the part that was looked at`() {
    var state = ExplorerState(.cross())
    state.press(.character("x"))
    let first = HeadIndex(layer: 0, head: 0)
    #expect(state.alteration.knockedOut == StreamHeads([first], in: .cross))
    #expect(state.alteration.text == "without L0.H0 of cross attention")
    #expect(Commands.hints(state).contains { $0.keys == "E" }, "the other parts are a key away")
    #expect(!Commands.hints(ExplorerState(.synthetic())).contains { $0.keys == "E" })
    var subject = Subject.cross()
    subject.stream = .decoder
    _ = update(&state, .loaded(subject))
    state.press(.character("x"))
    #expect(state.alteration.knockedOut[.decoder] == [first], "and those of both parts are out")
    #expect(state.alteration.text == "without L0.H0 of the decoder, L0.H0 of cross attention")
    subject.stream = .cross
    _ = update(&state, .loaded(subject))
    state.press(.character("x"))
    #expect(state.alteration.knockedOut == StreamHeads([first]), "the other part's stays out")
    #expect(state.alteration.text == "without L0.H0")
  }

  @Test func `what leads back names the part of heads that are out of another one`() throws {
    var state = ExplorerState(.cross())
    state.alteration.knockedOut = StreamHeads([HeadIndex(layer: 1, head: 2)], in: .cross)
    state.alteration.knockedOut[.encoder] = [HeadIndex(layer: 0, head: 1)]
    let line = try #require(Reopening.line(state, view: "atlas"))
    #expect(line.hasSuffix(" --without encoder:L0.H1,L1.H2"))
    let session = try #require(Session(state))
    #expect(session.text.contains("\nknock-out encoder:L0.H1,L1.H2\n"))
    var again = ExplorerState()
    try Session(session.text, file: "s").apply(to: &again)
    _ = update(&again, .loaded(.cross()))
    #expect(again.alteration == state.alteration && again.notice == nil)
    for bad in ["encoder", "encoder:", "image:L0.H1", "L0.H1:encoder", ","] {
      #expect(throws: RecordingError.self) {
        try Session("\(Session.heading)\nknock-out \(bad)\n", file: "s")
      }
    }
    again = ExplorerState()
    again.arrival.without = "encoder:L0.H9"
    _ = update(&again, .loaded(.cross()))
    #expect(
      again.notice?.text == "encoder:L0.H9: found no such heads, expected such as L5.H1,L3")
  }

  @Test func `a rule stands in the part that is looked at, and what leads back names it`() throws {
    var subject = Subject.cross()
    subject.stream = .encoder
    var state = ExplorerState(subject)
    state.press(.character("x"))
    state.type("rule window")
    #expect(state.alteration.rules.keys.elementsEqual([.encoder]))
    subject.stream = .decoder
    _ = update(&state, .loaded(subject))
    state.type("rule temperature")
    #expect(state.alteration[rulesOf: .encoder].heads.count == 1, "the other part keeps its own")
    let text = try #require(state.alteration.text)
    #expect(
      text.contains("in L0.H0 of the encoder") && text.contains("in L0.H0 of the decoder"),
      "\(text)")
    let line = try #require(Reopening.line(state, view: "atlas"))
    #expect(line.contains("--heads encoder:L0.H0") && line.contains("--heads L0.H0"))
    var again = ExplorerState()
    try Session(try #require(Session(state)).text, file: "s").apply(to: &again)
    _ = update(&again, .loaded(subject))
    #expect(again.alteration == state.alteration && again.notice == nil)
    state.type("rule none")
    #expect(state.alteration.rules.isEmpty && state.alteration.knockedOut.count == 1)
  }
}

@Suite struct SpanTests {
  @Test func `parts stand between map and labels, and in the status`() throws {
    var state = ExplorerState(try .named([first, second]), view: "map")
    _ = update(&state, .point(query: 8, key: 3))
    try expectGolden(state.text(80, 24), "map-parts")
    let text = state.text(80, 24)
    #expect(text.contains("query 8 \" cat\" [second part] → key 3 \" on\" [A]"))
  }

  @Test func `a part is named at the cursor: its start, its end, its name`() throws {
    var state = ExplorerState(try .named([first]), view: "map")
    state.query = 9
    state.press(.character("A"))
    #expect(state.notice?.text.contains("from query 9") == true)
    state.press(.up, .up)
    #expect(state.text(80, 24).contains("part from 9"))
    state.press(.character("A"))
    for character in "two" { state.press(.character(character)) }
    let named = [first, PromptSpan(name: "two", tokens: 7..<10)]
    #expect(state.press(.enter) == [.name(named)])
    // The run that comes back is seen from the same place.
    state.key = 0
    _ = update(&state, .loaded(try .named(named)))
    #expect(state.query == 7 && state.spans == named)
  }

  @Test func `Esc names nothing, a name is taken away, a wrong one refused`() throws {
    var state = ExplorerState(try .named([first, second]), view: "map")
    state.press(.character("A"), .escape)
    #expect(state.spanStart == nil && state.view == "map")
    #expect(state.type("span-none A") == [.name([second])])
    #expect(state.type("span-none") == [.name([])])
    #expect(
      state.type("span doc=3..9") == [
        .name([first, second, PromptSpan(name: "doc", tokens: 3..<9)])
      ])
    state.type("span doc=3..99")
    #expect(
      state.notice?.text
        == ":span: found \"doc=3..99\", expected tokens 0 to 20, END after the last one")
    state.type("span-none B")
    #expect(state.notice?.text == ":span-none: found \"B\", expected A, second part")
  }

  @Test func `F shows attention between two parts alone, then the next two, then all`() throws {
    var state = ExplorerState(try .named([first, second]), view: "map")
    _ = update(&state, .goto(HeadIndex(layer: 0, head: 2)))
    var seen: [String] = []
    for _ in 0..<5 {
      state.press(.character("F"))
      seen.append(state.lens.between?.description ?? "all")
    }
    #expect(
      seen == ["A->A", "A->second part", "second part->A", "second part->second part", "all"])
    state.type("between second part->A")
    let patterns = try #require(state.subject?.patterns)
    let map = patterns.pattern(state.head).elements
    for query in 0..<21 {
      for key in 0..<21 {
        let isSeen = second.tokens.contains(query) && first.tokens.contains(key)
        let plain = SyntheticPatterns.weight(state.head, query: query, key: key)
        #expect(map[query * 21 + key] == (isSeen ? plain : 0))
      }
    }
    #expect(state.text(80, 24).contains("only second part->A"))
    var none = ExplorerState(.synthetic())
    none.press(.character("F"))
    #expect(none.notice?.isError == true)
  }

  @Test func `a prompt without the parts that were looked at is seen whole`() throws {
    var state = ExplorerState(try .named([first]), view: "map")
    state.press(.character("F"))
    #expect(state.lens.between != nil)
    state.notice = nil
    _ = update(&state, .loaded(try .named([second])))
    #expect(state.lens.between == nil)
    #expect(
      state.notice?.text == "the part A is not named here: the tokens are others; A names parts")
    state.notice = nil
    _ = update(&state, .loaded(try .named([first, second])))
    #expect(state.notice == nil)
    _ = update(&state, .loaded(.synthetic()))
    #expect(
      state.notice?.text
        == "the parts A, second part are not named here: the tokens are others; A names parts")
  }

  @Test func `a lens reads back as it was written`() {
    for text in [
      "", "average", "maximum,value-weighted,words", "sinks=hidden", "words,only=A->B",
    ] {
      #expect(Lens(text)?.text == text)
    }
    for text in ["mean", "sinks=away", "only=A", "words=1"] { #expect(Lens(text) == nil) }
  }
}

@Suite struct OpenMapsTests {
  private let maps = OpenMaps(
    SyntheticPatterns(tokens: 21), queries: Subject.sentence.map { Token($0) },
    keys: Subject.sentence.map { Token($0) }, name: "maps.npz",
    origin: Origin(address: "maps.npz", fingerprint: ""))

  @Test func `maps of a file are seen as a run, and scored`() throws {
    let subject = try maps.subject()
    #expect(subject.isMapsOnly && subject.scores.first?.name == "entropy")
    let previous = try #require(subject.scores.first { $0.name == "previous" })
    // Heads whose layer and number add up to a multiple of four look at the token before.
    #expect(previous.value(HeadIndex(layer: 0, head: 0)) == 1)
    #expect(previous.value(HeadIndex(layer: 0, head: 3)) < 0.1)
    // Texts that are the same are the same token.
    #expect(subject.scores.contains { $0.name == "induction" })
  }

  @Test func `what needs the model is refused in one line, what needs maps is answered`() throws {
    var state = ExplorerState()
    try state.see(maps) { _ in }
    state.press(.character("x"))
    #expect(state.alteration.isNone)
    #expect(
      state.notice?.text
        == "a change needs the model, and these are maps of a file; open its checkpoint")
    for topic: Question.Topic in [
      .vectors(state.head), .valueNorms, .sinks, .outcome, .forecast(1),
    ] {
      let question = Question(topic)
      #expect(throws: OpenMapsError.noModel(for: question.subject)) {
        _ = try question.answer(maps) { _ in }
      }
    }
    let like = try Question(.like(state.head)).answer(maps) { _ in }
    let model = try Question(.model).answer(maps) { _ in }
    guard case .table(let table) = like, case .model(let report) = model else {
      Issue.record("another answer")
      return
    }
    #expect(table.value(state.head) == 1)
    let isFine = report.checks.map(\.isFine)
    #expect(isFine == [true, true, true])
  }

  @Test func `every view draws maps of a file, one line saying what it misses`() throws {
    for view in ExplorerViews.all {
      var state = ExplorerState(view: view.name)
      try state.see(maps) { _ in }
      #expect(!state.text(80, 24).isEmpty)
      let refuses = ["generate", "neuron", "predict", "prune", "sinks"].contains(view.name)
      #expect(state.text(80, 24).contains("needs the model") == refuses, "\(view.name)")
    }
  }
}
