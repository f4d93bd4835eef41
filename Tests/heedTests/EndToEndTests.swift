import Foundation
import Testing
import TmuxHarness

private let heading = "heed  Atlas  Map  Tokens"

/// The explorer itself, in a terminal: keys in, screens out.
@Suite struct EndToEndTests {
  /// heed, started in a folder of its own from a shell that says how it ended.
  private func start(
    _ arguments: String = "", width: Int = 100, height: Int = 30,
    environment: [String: String?] = [:], in folder: TemporaryFolder? = nil
  ) throws -> Tmux {
    let tmux = try Tmux(width: width, height: height, environment: environment)
    let folder = folder.map { "cd \(Tmux.quote($0.path)); " } ?? ""
    let line = "\(folder)OMP_WAIT_POLICY=passive \(Tmux.quote(try heedPath)) \(arguments)"
    // A shell that is not interactive leaves the terminal's modes as it finds them.
    try tmux.run("sh -c \(Tmux.quote("\(line); echo status $?; stty -a")); echo over")
    return tmux
  }

  /// heed on the sample, its atlas on the screen.
  private func atlas(
    _ arguments: String = "", width: Int = 100, height: Int = 30,
    environment: [String: String?] = [:], in folder: TemporaryFolder? = nil
  ) throws -> Tmux {
    let tmux = try start(
      arguments, width: width, height: height, environment: environment, in: folder)
    try tmux.wait("the atlas") { $0.hasPrefix(heading) && $0.contains("Entropy 0.00") }
    return tmux
  }

  private func expectGivenBack(_ tmux: Tmux, status: Int) throws {
    let text = try tmux.wait("the end", history: true) { $0.contains("\nover") }
    #expect(text.contains("status \(status)\n") || text.contains("status \(status) "), "\(text)")
    let words = text.split { $0.isWhitespace || $0 == ";" }
    for mode in ["echo", "icanon", "isig", "icrnl", "opost"] {
      #expect(words.contains { $0 == mode }, "\(mode) is off")
    }
    #expect(try tmux.flag("alternate_on") == "0")
    #expect(try tmux.flag("cursor_flag") == "1")
    #expect(try tmux.flag("mouse_any_flag") == "0")
  }

  /// The process in the foreground of the pane.
  private func pid(_ tmux: Tmux) throws -> pid_t {
    let terminal = try tmux.flag("pane_tty").replacingOccurrences(of: "/dev/", with: "")
    let list = try Shell.script("ps -t \(terminal) -o pid=,comm=").text
    let line = list.split(separator: "\n").first { $0.hasSuffix("heed") }
    return try #require(line?.split(separator: " ").first.flatMap { pid_t($0) }, "\(list)")
  }

  @Test func `it opens on the sample's atlas, and q leaves the terminal as it was`() throws {
    let tmux = try atlas()
    let screen = try tmux.screen()
    #expect(screen.contains("L0.H0  novels"))
    #expect(screen.contains("6 layers × 8 heads, 15 tokens"))
    for label in ["L0 ", "L5 ", "H7", "First-token share", "Previous-token share"] {
      #expect(screen.contains(label) || label == "H7", "\(label)")
    }
    #expect(try tmux.flag("alternate_on") == "1")
    #expect(try tmux.flag("cursor_flag") == "0")
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `keys lead from the atlas to a map, its neighbours, its tokens and back`() throws {
    let tmux = try atlas()
    try tmux.press("Enter")
    try tmux.wait(for: "weight 0")
    try tmux.wait(for: "L0.H0  query 14 \" to\" → key 0")
    try tmux.press("]")
    try tmux.wait(for: "L1.H0  query 14")
    try tmux.press("}")
    try tmux.wait(for: "L1.H1  query 14")
    try tmux.press("{")
    try tmux.press("[")
    try tmux.wait(for: "L0.H0  query 14")
    // The weight under the crosshair: one key more to the right, one query up.
    try tmux.press("l")
    try tmux.wait(for: "→ key 1 ")
    try tmux.press("k")
    try tmux.wait(for: "query 13 ")
    try tmux.press("z")
    try tmux.wait(for: "log")
    try tmux.press("Tab")
    try tmux.wait(for: "L0.H0 gives most to")
    #expect(try tmux.screen().contains("When Mary and John went to the store"))
    try tmux.press("Escape")
    try tmux.wait(for: "Entropy 0.00")
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `three keys lead from the start to which head copies names, and what is without it`()
    throws
  {
    let tmux = try atlas(width: 120, height: 40)
    // 1: what comes next, and which heads say so. The line of keys offers it.
    #expect(try tmux.screen().contains("p predict"))
    try tmux.press("p")
    try tmux.wait(for: "heads that add to ␣Mary")
    // 2: the first of them, and what it looks at.
    try tmux.press("Home")
    try tmux.wait("a head that looks at Mary") { screen in
      let chosen = screen.split(separator: "\n").first { $0.contains("▸ L") }
      return chosen?.contains("from ␣Mary") == true
    }
    // 3: without it.
    #expect(try tmux.screen().contains("x without"))
    try tmux.press("x")
    let screen = try tmux.wait("the loss") {
      $0.contains("without L") && $0.contains("before  after")
    }
    #expect(screen.contains("mean loss"))
    try tmux.press("Q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `every view is reached by its key and answers from the model`() throws {
    let tmux = try atlas()
    let views: [(key: String, sign: String)] = [
      ("S", "head"), ("T", "a layer's mean"), ("*", "▸H0"), ("i", "sum "), ("d", "difference"),
      ("!", "row sums"), ("#", "heads feed"), ("r", "Attention rule"),
    ]
    for (key, sign) in views {
      try tmux.press(key)
      try tmux.wait("the view of \(key)") { $0.contains(sign) && !$0.contains("working it out") }
      try tmux.press("Escape")
      try tmux.press("Escape")
      try tmux.wait("the atlas") { $0.hasPrefix(heading) && $0.contains("e prompt") }
    }
    try tmux.press("Q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `help covers the view and gives it back`() throws {
    let tmux = try atlas()
    try tmux.press("?")
    try tmux.wait(for: ":page-up")
    try tmux.press("q")
    try tmux.wait(for: "Entropy 0.00")
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `a command is typed, completed, and a wrong one is answered`() throws {
    let tmux = try atlas()
    try tmux.type(":goto L3.H5")
    try tmux.press("Enter")
    try tmux.wait(for: "L3.H5  novels")
    try tmux.type(":sco")
    try tmux.press("Tab")
    try tmux.type("previous")
    try tmux.press("Enter")
    try tmux.wait(for: "L3.H5  Previous-token share")
    try tmux.type(":goto L6.H0")
    try tmux.press("Enter")
    try tmux.wait(for: "expected a head from L0.H0 to L5.H7")
    try tmux.type(":quti")
    try tmux.press("Enter")
    try tmux.wait(for: ":quti: no such command; did you mean :quit?")
    try tmux.type(":quit")
    try tmux.press("Enter")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `the prompt is edited, and the model runs on the new one`() throws {
    let tmux = try atlas()
    try tmux.press("e")
    try tmux.wait(for: "Enter runs")
    try tmux.press("C-u")
    try tmux.type("to be or not")
    try tmux.press("Enter")
    try tmux.wait(for: "6 layers × 8 heads, 5 tokens")
    try tmux.type(":view tokens")
    try tmux.press("Enter")
    try tmux.wait { $0.contains("to be or not") && !$0.contains("Mary") }
    // Left as it was.
    try tmux.press("e")
    try tmux.wait(for: "Enter runs")
    try tmux.type(" to")
    try tmux.press("Escape")
    try tmux.wait { !$0.contains("Enter runs") && $0.contains("5 tokens") }
    try tmux.press("R")
    try tmux.wait(for: "5 tokens")
    try tmux.press("Q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `ids are run again as they were given`() throws {
    let tmux = try atlas("sample:novels --ids 0,5,6,7")
    try tmux.wait(for: "4 tokens")
    // The editor would show another prompt than what was given; running again must not use it.
    try tmux.press("j")
    try tmux.wait(for: "L1.H0  novels")
    try tmux.press("R")
    try tmux.press("G")
    try tmux.wait { $0.contains("L5.H0") && $0.contains("4 tokens") && !$0.contains("running") }
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `a prompt that is too long is an error on the screen, and the map stays`() throws {
    let tmux = try atlas()
    try tmux.press("e")
    try tmux.wait(for: "Enter runs")
    try tmux.paste(String(repeating: "to be or not to be ", count: 400))
    try tmux.press("Enter")
    try tmux.wait(for: "the model's context holds 2048; shorten it")
    #expect(try tmux.screen().contains("15 tokens"))
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `what is saved is what was seen`() throws {
    let folder = try TemporaryFolder()
    let tmux = try atlas(in: folder)
    try tmux.type(":goto L2.H6")
    try tmux.press("Enter")
    try tmux.press("Enter")
    try tmux.wait(for: "L2.H6  query 14")
    let seen = try tmux.screen().split(separator: "\n", omittingEmptySubsequences: false)
    try tmux.press("s")
    try tmux.wait(for: "saved heed-map-L2.H6.txt")
    try tmux.press("s")
    try tmux.wait(for: "saved heed-map-L2.H6-2.txt")
    #expect(folder.names == ["heed-map-L2.H6-2.txt", "heed-map-L2.H6.txt"])
    let saved = try folder.text("heed-map-L2.H6.txt")
    #expect(saved == (try folder.text("heed-map-L2.H6-2.txt")))
    let lines = saved.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0].hasSuffix(": map of L2.H6, novels"))
    #expect(lines.contains { $0.hasPrefix("prompt: \"When Mary and John") })
    // Text, labels and numbers; cells are letters in the file, since it has no colours.
    let picture = Array(lines[(try #require(lines.firstIndex(of: "")) + 1)...])
    func text(_ line: Substring) -> String {
      String(line.prefix(17)).trimmingCharacters(in: .whitespaces)
    }
    #expect(picture.count >= 29)
    for (row, line) in seen.prefix(28).enumerated() {
      if row < 27 { #expect(text(picture[row]) == text(line), "row \(row)") }
    }
    #expect(
      picture[28].trimmingCharacters(in: .whitespaces)
        == seen[28].trimmingCharacters(in: .whitespaces))
    try tmux.press("Q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `a place that cannot be written is a notice, and the explorer goes on`() throws {
    let folder = try TemporaryFolder()
    try folder.write("file", "here")
    let tmux = try atlas(in: folder)
    try tmux.type(":snapshot file/map.txt")
    try tmux.press("Enter")
    try tmux.wait(for: "file/map.txt: cannot be written: Not a directory")
    try tmux.press("j")
    try tmux.wait(for: "L1.H0  novels")
    #expect(folder.names == ["file"])
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `after ^Z and fg the picture is back`() throws {
    let tmux = try Tmux(width: 100, height: 30)
    try tmux.run(Tmux.quote(try heedPath))
    try tmux.wait(for: "Entropy 0.00")
    try tmux.press("C-z")
    try tmux.wait(for: "Stopped")
    #expect(try tmux.flag("alternate_on") == "0")
    #expect(try tmux.flag("cursor_flag") == "1")
    try tmux.run("fg")
    try tmux.wait("the atlas") { $0.hasPrefix(heading) && $0.contains("Entropy 0.00") }
    try tmux.press("j")
    try tmux.wait(for: "L1.H0  novels")
    try tmux.press("q")
    try tmux.wait(flag: "alternate_on", is: "0")
  }

  @Test func `every window is drawn, down to one cell, and back`() throws {
    let tmux = try atlas()
    try tmux.resize(width: 1, height: 1)
    try tmux.wait("one cell") {
      $0.split(separator: "\n", omittingEmptySubsequences: false).count == 2
    }
    try tmux.press("Enter", "]", "Down", "?")
    try tmux.resize(width: 30, height: 6)
    try tmux.wait(for: "Help")
    try tmux.press("Escape")
    try tmux.wait(for: "L1.H0")
    try tmux.press("Escape")
    try tmux.resize(width: 200, height: 60)
    try tmux.wait("the atlas") { $0.hasPrefix(heading) && $0.contains("Entropy 0.00") }
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `NO_COLOR uses no colours`() throws {
    let tmux = try atlas(environment: ["NO_COLOR": "1"])
    let screen = try tmux.screen(escapes: true)
    // 39 and 49 are the terminal's own.
    let colours = screen.matches(of: /\x{1b}\[[0-9;]*m/).flatMap {
      $0.0.dropFirst(2).dropLast().split(separator: ";")
    }
    #expect(colours.allSatisfy { $0 == "39" || $0 == "49" || $0.count == 1 }, "\(colours)")
    #expect(screen.contains("@"), "weights are letters")
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `under LC_ALL=C the screen is ASCII`() throws {
    let tmux = try atlas(environment: ["LC_ALL": "C"])
    try tmux.press("Enter")
    try tmux.wait(for: "query 14")
    #expect(try tmux.screen().unicodeScalars.allSatisfy { $0.isASCII })
    try tmux.press("Q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test(arguments: [SIGSEGV, SIGILL, SIGABRT, SIGQUIT, SIGTERM, SIGHUP])
  func `a signal that ends heed gives the terminal back first`(signal: Int32) throws {
    let tmux = try atlas()
    kill(try pid(tmux), signal)
    try expectGivenBack(tmux, status: 128 + Int(signal))
  }

  @Test(arguments: [
    ("TERM=dumb HEED", "TERM=dumb: cannot place the cursor"), ("env -u TERM HEED", "TERM: not set"),
    ("HEED < /dev/null", "standard input: not a terminal"),
  ])
  func `what cannot be a screen is refused with advice`(line: String, text: String) throws {
    let tmux = try Tmux(width: 200)
    let path = Tmux.quote(try heedPath)
    try tmux.run("\(line.replacingOccurrences(of: "HEED", with: path)); echo status $?; echo over")
    let screen = try tmux.wait("the end") { $0.contains("\nover") }
    #expect(screen.contains("heed: error: \(text)"))
    #expect(screen.contains("heed snapshot"))
    #expect(screen.contains("\nstatus 1"))
  }

  @Test func `a binary format is not poured onto a terminal`() throws {
    let tmux = try Tmux(width: 200)
    let path = Tmux.quote(try heedPath)
    try tmux.run("\(path) export sample:novels hello; echo status $?; echo over")
    let screen = try tmux.wait("the end") { $0.contains("\nover") }
    #expect(screen.contains("heed: error: npy is binary and standard output is a terminal"))
    #expect(screen.contains("\nstatus 1"))
  }

  @Test func `a model that is not there is refused before the screen is taken`() throws {
    let tmux = try start("nowhere/at-all hello", width: 200)
    try expectGivenBack(tmux, status: 1)
    #expect(try tmux.screen(history: true).contains("heed: error: nowhere/at-all: "))
  }

  @Test func `a bad checkpoint is told on the screen, and where the user was after leaving`() throws
  {
    let tiny = try TinyCheckpoint()
    let tmux = try start("\(tiny.path) hello", width: 200)
    try tmux.wait(for: "found no tokenizer.json")
    #expect(try tmux.flag("alternate_on") == "1")
    try tmux.press("q")
    try expectGivenBack(tmux, status: 1)
    #expect(try tmux.screen(history: true).contains("heed: error: \(tiny.path): "))
  }

  @Test func `another model is opened inside, and one that fails leaves what was there`() throws {
    let tiny = try TinyCheckpoint()
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/tiny-model", withDestinationPath: tiny.path)
    try folder.write("notes.txt", "no model")
    let tmux = try atlas(width: 160, in: folder)
    try tmux.type(":open ti")
    try tmux.wait(for: "tiny-model/")
    #expect(try !tmux.screen().contains("notes.txt"))
    try tmux.press("Tab")
    try tmux.press("Enter")
    try tmux.wait(for: "found no tokenizer.json")
    #expect(try tmux.screen().contains("L0.H0  novels"))
    try tmux.type(":open samp")
    try tmux.wait(for: "sample:novels")
    try tmux.press("Escape")
    try tmux.type(":open sample:nothing")
    try tmux.press("Enter")
    try tmux.wait(for: "sample:nothing: ")
    try tmux.type(":open sample:novels")
    try tmux.press("Enter")
    try tmux.wait("the model") { $0.contains("15 tokens") && !$0.contains("opening") }
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
  }

  @Test func `a checkpoint with NaN in its weights says so on the screen`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.edit { header, data in
      let start = try #require(header["transformer.wpe.weight"]?["data_offsets"]?[0]?.int)
      data.replaceSubrange(start..<start + 4, with: [0, 0, 0xC0, 0x7F])
    }
    let tmux = try start("\(tiny.path) --ids 1,2,3", width: 150)
    try tmux.wait(for: "transformer.wpe.weight holds an infinite number or NaN at element 0")
    try tmux.press("q")
    try expectGivenBack(tmux, status: 1)
  }
}

extension Tmux {
  /// Waits until the screen fulfils a condition.
  func wait(until holds: (String) throws -> Bool) throws {
    try wait("a condition", until: holds)
  }
}
