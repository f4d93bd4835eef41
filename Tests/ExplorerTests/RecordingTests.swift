import Analysis
import Models
import Testing

@testable import Explorer

private let steps: [Recording.Step] = [
  .size(width: 80, height: 24), .command("goto L3.H5"), .key(.enter), .key(.control("d")),
  .key(.character("#")), .key(.character(":")), .key(.character(" ")), .key(.escape),
  .key(.function(1)), .key(.shiftLeft), .type("to \"be\" "), .paste("a\nb\u{1B}"),
  .mouse(MouseEvent(.press, x: 10, y: 5)), .mouse(MouseEvent(.wheelUp, x: 0, y: 0)),
]

@Test func `a recording reads back as it was written`() throws {
  var start = Session()
  (start.model, start.prompt) = ("a b", .text("to be\n\"or\""))
  start.options = [.init("image", "c d.png")]
  (start.view, start.arrival.commands) = ("map", ["filter layer<2"])
  let text = Recording.beginning(start) + "# a comment\n\n" + steps.map { $0.line + "\n" }.joined()
  #expect(
    text.split(separator: "\n").allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 32 } })
  let recording = try Recording(text, file: "r")
  #expect(recording.start == start)
  #expect(recording.steps.map(\.step) == steps)
  #expect(recording.steps[0].number == 9)
  let ids = try Recording("heed recording 1\nids 1,2\n", file: "r")
  #expect(ids.start.prompt == .ids([1, 2]))
}

@Test func `every key of every command can be recorded`() {
  for key in Commands.all.flatMap(\.keys) {
    #expect(Key(recorded: Recording.Step.key(key).line) == key, "\(key.label)")
  }
}

@Test(arguments: [
  (
    "heed recording 2\n",
    "r: heed recording 2 is of a newer heed, this one reads version 1; update heed"
  ),
  ("", "r: begins with \"\", expected \"heed recording 1\"; is it another file?"),
  (
    "heed recording 1\nEnter\nfrobnicate\n",
    "r:3: found \"frobnicate\", expected a key such as Enter, ^D or x, :COMMAND, type, paste, mouse, "
      + "size, or a line of a session"
  ),
  (
    "heed recording 1\nhead L1\n", "r:2: found \"head L1\", expected head and a head such as L3.H5"
  ),
])
func `a bad recording is refused with its line`(text: String, message: String) {
  #expect {
    try Recording(text, file: "r")
  } throws: {
    "\($0)" == message
  }
  for line in ["size 0x5", "mouse press 1", "type hello", "ids 1,x", "open x", "F0", "Ctrl"] {
    #expect(throws: RecordingError.self, "\(line)") {
      try Recording("heed recording 1\n\(line)\n", file: "r")
    }
  }
}

@Test func `a session reads back as it was written, and leads back`() throws {
  let synthetic = Subject.synthetic()
  let subject = Subject(
    model: "synthetic", prompt: synthetic.prompt, tokens: synthetic.tokens,
    patterns: synthetic.patterns, scores: synthetic.scores,
    origin: Origin(address: "sample:novels", fingerprint: "0123456789abcdef"))
  var state = ExplorerState(subject, view: "map")
  state.head = HeadIndex(layer: 2, head: 3)
  (state.query, state.key, state.score) = (7, 5, "first")
  (state.scale, state.ramp, state.zoom) = (.log, .grey, .cells(8))
  state.notes = [
    HeadIndex(layer: 1, head: 0): "copies \"names\"", HeadIndex(layer: 0, head: 2): "x",
  ]
  state.marks = ["a": Place(view: "map", head: HeadIndex(layer: 1, head: 1), query: 3, key: 2)]
  state.alteration.knockedOut = StreamHeads([
    HeadIndex(layer: 3, head: 1), HeadIndex(layer: 0, head: 5),
  ])
  let rule = try RuleSpec(parsing: "streaming:sink=2,recent=8")
  state.alteration[rulesOf: .decoder] = RulePlan(
    rule, in: [HeadIndex(layer: 2, head: 1), state.head])
  state.alteration.reach = .local
  state.rule = rule
  state.lens.hasWords = true
  state.filter = try HeadFilter("layer<3 & first>0.1", known: ["first"])
  (state.secondScore, state.blocks) = ("previous", .mean)
  state.selected = [HeadIndex(layer: 2, head: 0), HeadIndex(layer: 1, head: 4)]
  state.anchor = (4, 2)
  state.origin = (6, 2)
  state.follow()
  state.ownKeys = [.function(5): "score induction", .character(" "): "rerun"]
  let session = try #require(Session(state))
  #expect(
    session.text.hasSuffix(
      "note L0.H2 \"x\"\nnote L1.H0 \"copies \\\"names\\\"\"\nmark a map L1.H1 3 2\n"
        + "knock-out L0.H5,L3.H1\nrule streaming:sink=2,recent=8,positions=true L2.H1,L2.H3\n"
        + "reach local\nmap F5 \"score induction\"\nmap Space \"rerun\"\n"
        + "do \"filter layer<3 & first>0.1\"\ndo \"second previous\"\ndo \"select L1.H4,L2.H0\"\n"
        + "do \"corner 4 2\"\ndo \"blocks mean\"\ndo \"scroll 6 2\"\n"))
  #expect(session.text.hasPrefix("heed session 1\nopen \"sample:novels\"\nhash 0123456789abcdef\n"))
  #expect(session.text.contains("\nspecial none\n") && session.text.contains("\nzoom 8\n"))
  let read = try Session(session.text, file: "s")
  #expect(read == session)
  var again = ExplorerState()
  read.apply(to: &again)
  _ = update(&again, .loaded(subject))
  #expect(again.view == "map" && again.head == state.head)
  #expect(again.notes == state.notes && again.marks == state.marks)
  #expect(again.alteration == state.alteration)
  #expect(again.lens == state.lens && again.ownKeys == state.ownKeys)
  #expect((again.query, again.key, again.score) == (7, 5, "first"))
  #expect((again.scale, again.ramp, again.zoom) == (.log, .grey, .cells(8)))
  #expect(again.filter?.text == state.filter?.text && again.selected == state.selected)
  #expect(again.secondScore == "previous" && again.blocks == .mean)
  #expect(again.anchor?.query == 4 && again.anchor?.key == 2)
  #expect(again.rule == rule && again.ruleTarget == .selected)
  #expect(again.notice == nil && again.repeated == nil)
  #expect(Session(again) == session)
  // The next run is another matter.
  _ = update(&again, .loaded(subject))
  #expect(again.query == 20)
}

@Test func `a session keeps the parts of a prompt, its options and its stream`() throws {
  var subject = try Subject.named([PromptSpan(name: "a \"b\" c", tokens: 3..<9)])
  subject.hasStreams([.encoder, .decoder])
  let session = try #require(Session(ExplorerState(subject)))
  #expect(session.text.contains("\nspan \"a \\\"b\\\" c\" 3 9\nstream decoder\n"))
  #expect(try Session(session.text, file: "s") == session)
  let pair = Origin.Option("pair", "two\nlines")
  let given = Subject(
    model: "m", prompt: "one", tokens: subject.tokens, patterns: subject.patterns, scores: [],
    origin: Origin(address: "m", fingerprint: "", options: [pair]))
  let other = try #require(Session(ExplorerState(given)))
  #expect(other.text.contains("\noption pair \"two\\nlines\"\nprompt \"one\"\n"))
  #expect(try Session(other.text, file: "s").option("pair") == "two\nlines")
  // The parts that --pair names come back with it.
  #expect(!other.text.contains("\nhash") && !other.text.contains("\nspan"))
}

@Test func `a session of another checkpoint is refused by its hash`() throws {
  let session = try Session("heed session 1\nhash 0123456789abcdef\n", file: "s")
  #expect {
    try session.check(Origin(address: "m", fingerprint: "fedcba9876543210"), file: "s")
  } throws: {
    "\($0)"
      == "s: was saved for a checkpoint with hash 0123456789abcdef, m has fedcba9876543210; "
      + "name the model before --session to open it there all the same"
  }
  try session.check(Origin(address: "m", fingerprint: "0123456789abcdef"), file: "s")
}

@Test func `a line of a session that means nothing is named`() {
  for (line, message) in [
    ("head L1", "s:2: found \"head L1\", expected head and a head such as L3.H5"),
    ("scale huge", "s:2: found \"scale huge\", expected scale and one of linear, log"),
  ] {
    #expect {
      try Session("heed session 1\n\(line)\n", file: "s")
    } throws: {
      "\($0)".hasPrefix(message)
    }
  }
  for line in [
    "what", "rule what L0.H0", "rule streaming x", "knock-out x", "do filter", "reach far",
    "map F5 rerun", "option pair",
    "span \"a\" 3", "span \"a\" 5 3", "stream sideways", "lens mean",
  ] {
    #expect(throws: RecordingError.self, "\(line)") {
      try Session("heed session 1\n\(line)\n", file: "s")
    }
  }
}

@Test func `what reaches a program is recorded before it acts`() {
  var lines: [String] = []
  let program = ExplorerProgram(ExplorerState(.synthetic())) { _ in }
  let recorded = RecordingProgram(program) { lines.append($0) }
  _ = recorded.receive(.resize(width: 80, height: 24))
  _ = recorded.receive(.key(.character("j")))
  #expect(recorded.receive(.key(.character("Q"))) == [.quit])
  #expect(lines == ["size 80x24\n", "j\n", "Q\n"])
  #expect(program.state.head == HeadIndex(layer: 1, head: 0))
}
