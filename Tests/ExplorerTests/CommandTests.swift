import Models
import Testing

@testable import Explorer

@Test func `no two commands share a name or, in one view, a key`() {
  let names = Commands.all.map(\.name)
  #expect(Set(names).count == names.count)
  for view in ExplorerViews.all {
    var taken: [Key: String] = [:]
    for command in Commands.all where command.views.isEmpty || command.views.contains(view.name) {
      for key in command.keys {
        #expect(taken[key] == nil, "\(command.name) and \(taken[key] ?? "") in \(view.name)")
        taken[key] = command.name
      }
    }
  }
}

/// Picture, open views and effects: any of them may show that a key worked.
private func trace(_ state: ExplorerState, _ effects: [Effect]) -> String {
  let picture = state.canvas(80, 24)
  let text = ANSIExport.export(picture, appearance: state.appearance, ramp: state.ramp)
  return "\(effects) \(text) \(state.views)"
}

@Test func `every key of every command changes the picture or asks for something`() {
  for command in Commands.all {
    for key in command.keys {
      let views = command.views.isEmpty ? ["atlas", "map", "tokens"] : command.views
      let works = views.contains { view in
        // From the middle, so that there is somewhere to go in every direction.
        var state = ExplorerState(.synthetic(), view: "atlas")
        if view != "atlas" { _ = update(&state, .show(view)) }
        _ = update(&state, .goto(HeadIndex(layer: 2, head: 2)))
        _ = update(&state, .point(query: 9, key: 4))
        if command.name == "out" { _ = update(&state, .show("help")) }
        // Keys of a rule need one.
        if view == "rules" { state.type("rule temperature") }
        // A curve and a text are there before one moves along them.
        if ["prune", "generate"].contains(view) { state = state.answered() }
        if view == "prune" { state.press(.right) }
        if command.name == "fit" { state.press(.character("+")) }
        let before = trace(state, [])
        let effects = state.press(key)
        return trace(state, effects) != before
      }
      #expect(works, "\(key) of \(command.name) does nothing")
    }
  }
}

@Test func `help lists every command with its keys`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("?"))
  let text = TextExport.export(
    state.canvas(120, 200), appearance: state.appearance, ramp: .standard)
  for command in Commands.all {
    let line = text.split(separator: "\n").first { $0.contains(" :\(command.syntax) ") }
    #expect(line != nil, "\(command.name) is not in the help")
    for key in command.keys { #expect(line?.contains(key.label) == true, "\(command.name)") }
  }
}

@Test func `at 80 columns help cuts nothing`() {
  for charset in Charset.allCases {
    var state = ExplorerState(.synthetic(), view: "help")
    state.appearance.charset = charset
    let text = TextExport.export(
      state.canvas(80, 200), appearance: state.appearance, ramp: .standard)
    #expect(!text.contains("…") && !text.contains("~"))
  }
}

@Test func `arguments reach the state`() {
  var state = ExplorerState(.synthetic())
  state.type("layer 3")
  #expect(state.head == HeadIndex(layer: 3, head: 0))
  state.type("head 5")
  #expect(state.head == HeadIndex(layer: 3, head: 5))
  state.type("goto L1.H2")
  #expect(state.head == HeadIndex(layer: 1, head: 2))
  state.type("query 12")
  state.type("key 3")
  #expect(state.query == 12 && state.key == 3)
  state.type("score first")
  #expect(state.score == "first")
  state.type("view map")
  #expect(state.view == "map")
  state.type("scale log")
  #expect(state.scale == .log)
  state.type("scale")
  #expect(state.scale == .quantile)
  state.type("scale")
  #expect(state.scale == .linear)
  state.type("ramp viridis")
  #expect(state.ramp == .viridis)
  #expect(state.type("prompt  two  blanks ") == [.run(" two  blanks ")])
  #expect(state.type("quit") == [.screen(.quit)])
}

@Test func `a snapshot goes to the file that was named`() throws {
  var state = ExplorerState(.synthetic(), view: "map")
  guard case .save(let name, let text)? = state.type("snapshot a.txt").first else {
    Issue.record("nothing saved")
    return
  }
  #expect(name == "a.txt")
  #expect(text.hasPrefix("heed \(Release.version): map of L0.H0, synthetic\nview: map\n"))
  #expect(text.contains("weight 0"))
  guard case .save(let usual, _)? = state.press(.character("s")).first else {
    Issue.record("nothing saved")
    return
  }
  #expect(usual == "heed-map-L0.H0.txt")
}

@Test(arguments: [
  ("zom", ":zom: no such command; did you mean :zoom-in?"),
  ("redrow", ":redrow: no such command; did you mean :redraw?"),
  ("xyzzyplugh", ":xyzzyplugh: no such command; ? lists all of them"),
  ("layer 4", ":layer: found \"4\", expected a number from 0 to 3"),
  ("layer", ":layer: nothing given, expected a number from 0 to 3"),
  ("goto L9.H9", ":goto: found \"L9.H9\", expected a head from L0.H0 to L3.H5"),
  ("scale cubic", ":scale: found \"cubic\", expected linear, log, quantile"),
  (
    "score x", ":score: found \"x\", expected entropy, first, previous or one of heed scores --list"
  ),
  ("quit now", ":quit: found \"now\", expected no argument"),
  ("prompt", ":prompt: nothing given, expected a text"),
]) func `a wrong command is answered with what would be right`(line: String, answer: String) {
  var state = ExplorerState(.synthetic())
  state.type(line)
  #expect(state.notice?.text == answer)
  #expect(state.notice?.isError == true)
}

@Test func `without a model, commands about heads say so`() {
  var state = ExplorerState()
  state.type("layer 1")
  #expect(state.notice?.text == ":layer: nothing is loaded; e types a prompt")
}

@Test func `Tab completes names and arguments, Up recalls`() {
  var state = ExplorerState(.synthetic())
  state.press(.character(":"), .character("s"), .character("c"), .character("a"), .tab)
  state.press(.tab)
  state.press(.enter)
  #expect(state.scale == .linear && state.history == ["scale linear"])
  state.press(.character(":"), .up)
  for _ in "linear" { state.press(.backspace) }
  for character in "log" { state.press(.character(character)) }
  state.press(.enter)
  #expect(state.scale == .log)
}

@Test func `open asks for the names of models while one is typed`() {
  var state = ExplorerState(.synthetic())
  state.press(.character(":"))
  var asked: [Effect] = []
  for character in "open sa" { asked += state.press(.character(character)) }
  #expect(asked == [.list(""), .list("s"), .list("sa")])
  _ = update(&state, .listed(["sample:digits", "sample:novels"]))
  // Going through the offers keeps them.
  #expect(state.press(.tab) == [])
  #expect(state.press(.tab) == [])
  #expect(
    state.press(.enter) == [.open("sample:novels", prompt: Subject.sentence.joined())])
  #expect(state.progress?.text == "opening sample:novels")
  _ = update(&state, .failed("no such thing"))
  #expect(state.subject != nil && state.progress == nil)
  #expect(state.notice?.text == "no such thing")
  #expect(state.type("open") == [.screen(.bell)])
}

@Test func `the name of a view shows it, unless a command has it without an argument`() {
  for view in ExplorerViews.all.map({ $0.name }) where Commands.opensView(view) {
    var state = ExplorerState(.synthetic())
    state.type(view)
    #expect(state.view == view && state.notice?.isError != true, "\(view)")
  }
  var state = ExplorerState(.synthetic())
  state.type("prune michel")
  #expect(state.view == "prune", "with an argument it is the command")
  state.type("layers 2")
  #expect(state.notice?.text == ":layers: no such command; did you mean :layer?")
}

@Test func `what is called as typed comes before what is described so`() {
  var chooser = Chooser(
    title: "",
    items: [
      .init(name: "duo", help: "streaming heads", command: "a"),
      .init(name: "streaming", help: "sink and recent", command: "b"),
    ], current: "")
  chooser.editor = LineEditor("stre")
  #expect(chooser.shown.map(\.name) == ["streaming", "duo"])
  chooser.editor = LineEditor("heads")
  #expect(chooser.shown.map(\.name) == ["duo"])
}

@Test func `a loss that rounds to nothing is told apart from none, and from float32's error`() {
  #expect(
    [1.25, 0.0004, 3.2e-5, 9.7e-6, 9e-7, 0, -2e-5].map { $0.visible(3) }
      == ["1.250", "4e-4", "3e-5", "1e-5", "0.000", "0.000", "-2e-5"])
  #expect(
    [0.5, 3e-5, 5e-8, -5e-8, -0.25].map(\.change)
      == ["+0.500", "+3e-5", "0.000", "0.000", "-0.250"])
}

@Test func `a key without a command says where it has one, or that help lists them`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("t"))
  #expect(state.notice?.text == "t works in Heads: a layer's or a head's maps")
  state.press(.character("Y"))
  #expect(state.notice?.text == "Y has no command; ? shows all keys")
  state.press(.escape, .enter)
  #expect(state.notice == nil)
  state.views = ["rules"]
  for key in ["t", "D", "<"] {
    state.press(.character(Character(key)))
    #expect(state.notice?.text == "no rule; r chooses one", "\(key)")
  }
}
