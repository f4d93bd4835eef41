import Explorer
import Foundation
import Testing
import TmuxHarness

/// The event loop in a real terminal.
@Suite struct EndToEndTests {
  /// The demo, started in a terminal.
  private func demo(
    _ arguments: String = "", width: Int = 80, height: Int = 24, term: String = "tmux-256color",
    environment: [String: String?] = [:]
  ) throws -> Tmux {
    let tmux = try Tmux(width: width, height: height, term: term, environment: environment)
    // A shell that is not interactive leaves the terminal's modes as it finds them.
    let path = Tmux.quote(try BuiltProducts.path("TerminalDemo"))
    try tmux.run("sh -c \(Tmux.quote("\(path) \(arguments); echo status $?; stty -a")); echo over")
    return tmux
  }

  private func started(_ tmux: Tmux) throws -> Tmux {
    // The corner is painted last.
    try tmux.wait("the picture") { $0.hasPrefix("demo ") && $0.hasSuffix("#\n") }
    return tmux
  }

  /// The terminal is as it was: nothing taken, echo on.
  private func expectGivenBack(_ tmux: Tmux, status: Int) throws {
    let text = try tmux.wait("the end", history: true) { $0.contains("\nover") }
    #expect(text.contains("status \(status)"))
    let words = text.split { $0.isWhitespace || $0 == ";" }
    for mode in ["echo", "icanon", "isig", "icrnl", "opost"] {
      #expect(words.contains { $0 == mode }, "\(mode) is off")
    }
    #expect(try tmux.flag("alternate_on") == "0")
    #expect(try tmux.flag("cursor_flag") == "1")
    #expect(try tmux.flag("mouse_any_flag") == "0")
    #expect(try tmux.flag("mouse_sgr_flag") == "0")
    #expect(try tmux.flag("keypad_flag") == "0")
  }

  private func pid(_ tmux: Tmux) throws -> pid_t {
    let words = try tmux.screen().split { $0.isWhitespace }
    let place = try #require(words.firstIndex(of: "pid"))
    return try #require(pid_t(words[place + 1]))
  }

  @Test func `a picture fills the window to its last corner, and q leaves`() throws {
    let tmux = try started(demo())
    let rows = try tmux.screen().split(separator: "\n")
    #expect(rows[0].hasPrefix("demo 80x24 palette256 half"))
    #expect(rows[4].hasPrefix("wide 注意é| ▀"))
    #expect(rows.count == 24)
    #expect(rows.last?.hasSuffix("▀▀#") == true)
    #expect(rows.last?.count == 80)
    #expect(try tmux.flag("alternate_on") == "1")
    #expect(try tmux.flag("cursor_flag") == "0")
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
    #expect(try tmux.screen(history: true).contains("demo left"))
  }

  @Test func `keys arrive by name`() throws {
    let tmux = try started(demo())
    for (key, name) in [
      ("Up", "up"), ("S-Right", "shiftRight"), ("PPage", "pageUp"), ("Home", "home"),
      ("BTab", "backTab"), ("Enter", "enter"), ("Escape", "escape"), ("BSpace", "backspace"),
      ("F5", "function(5)"), ("C-c", "control(\"c\")"), ("é", "character(\"é\")"),
    ] {
      try tmux.press(key)
      try tmux.wait(for: "key \(name) ")
    }
  }

  @Test func `keys that wait are answered by one picture`() throws {
    let tmux = try started(demo())
    try tmux.type(String(repeating: "jk", count: 50))
    try tmux.wait(for: "event 101: key character(\"k\") ")
    let words = try tmux.screen().split { $0.isWhitespace }
    let place = try #require(words.firstIndex(of: "pictures"))
    #expect(try #require(Int(words[place + 1])) < 100)
  }

  @Test func `pasted text is no keys`() throws {
    let tmux = try started(demo())
    try tmux.paste("q is text\nhere")
    try tmux.wait(for: "paste \"q is text\\nhere\"")
  }

  @Test(arguments: ["tmux-256color", "xterm-256color", "screen-256color"])
  func `the mouse is exact beyond column 223 and can be released`(term: String) throws {
    let tmux = try started(demo(width: 320, height: 10, term: term))
    try tmux.wait(flag: "mouse_any_flag", is: "1")
    #expect(try tmux.flag("mouse_sgr_flag") == "1")
    try tmux.send(bytes: Array("\u{1b}[<0;300;5M".utf8))
    try tmux.wait(for: "mouse press 299 4 ")
    try tmux.send(bytes: Array("\u{1b}[<65;250;1M".utf8))
    try tmux.wait(for: "mouse wheelDown 249 0 ")
    try tmux.press("m")
    try tmux.wait(flag: "mouse_any_flag", is: "0")
    try tmux.press("m")
    try tmux.wait(flag: "mouse_any_flag", is: "1")
  }

  @Test func `every size is drawn, from one cell to four hundred columns`() throws {
    let tmux = try started(demo())
    for (width, height) in [(1, 1), (400, 120), (2, 1), (1, 5), (80, 24)] {
      try tmux.resize(width: width, height: height)
      try tmux.wait("\(width)x\(height)") { screen in
        let rows = screen.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        // Curses fills the last corner by inserting before it, which takes a second column.
        if width == 1 { return rows.count == height && (height == 1 || rows.first == "d") }
        guard rows.count == height, rows.first?.count == width else { return false }
        return rows.last?.last == "#"
          && (width < 20 || rows[0].hasPrefix("demo \(width)x\(height) "))
      }
    }
    try tmux.press("Up")
    try tmux.wait(for: "key up ")
  }

  @Test func `two hundred sizes in a row end at the right one`() throws {
    let tmux = try started(demo())
    for step in 0..<200 {
      try tmux.resize(width: 40 + step * 7 % 90, height: 5 + step * 3 % 40)
    }
    try tmux.resize(width: 77, height: 19)
    try tmux.wait(for: "demo 77x19 ")
    try tmux.wait("the corner") { $0.split(separator: "\n").last?.hasSuffix("▀#") == true }
  }

  @Test func `after suspension and fg the picture is whole, at the new size too`() throws {
    let tmux = try Tmux()
    try tmux.run(Tmux.quote(try BuiltProducts.path("TerminalDemo")))
    try tmux.wait(for: "demo 80x24")
    try tmux.press("C-z")
    try tmux.wait(for: "Stopped")
    #expect(try tmux.flag("alternate_on") == "0")
    #expect(try tmux.flag("cursor_flag") == "1")
    #expect(try tmux.flag("mouse_any_flag") == "0")
    try tmux.resize(width: 60, height: 20)
    try tmux.run("fg")
    try tmux.wait(for: "demo 60x20")
    try tmux.wait(for: "resize 60 20 ")
    #expect(try tmux.flag("alternate_on") == "1")
    #expect(try tmux.flag("cursor_flag") == "0")
    #expect(try tmux.flag("mouse_any_flag") == "1")
    try tmux.press("Down")
    try tmux.wait(for: "key down ")
    // Asked from outside, the same happens.
    kill(try pid(tmux), SIGTSTP)
    try tmux.wait(flag: "alternate_on", is: "0")
    try tmux.run("fg")
    try tmux.wait(for: "demo 60x20")
    try tmux.press("Up")
    try tmux.wait(for: "key up ")
    try tmux.press("q")
    try tmux.wait(for: "demo left")
  }

  @Test(arguments: [SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGSEGV, SIGABRT])
  func `a signal that ends the process gives the terminal back first`(signal: Int32) throws {
    let tmux = try started(demo())
    try tmux.press("e")
    try tmux.wait(for: "event 2")
    kill(try pid(tmux), signal)
    try expectGivenBack(tmux, status: 128 + Int(signal))
    #expect(try tmux.screen(history: true).contains("a warning for later"))
  }

  @Test func `a trap gives the terminal back and its message is read`() throws {
    let tmux = try started(demo())
    try tmux.press("f")
    try expectGivenBack(tmux, status: 128 + Int(SIGILL))
    #expect(try tmux.screen(history: true).contains("the demo broke on purpose"))
  }

  @Test func `exit from somewhere inside gives the terminal back`() throws {
    let tmux = try started(demo())
    try tmux.press("x")
    try expectGivenBack(tmux, status: 3)
  }

  @Test func `what is written to standard error waits for the end`() throws {
    let tmux = try started(demo())
    try tmux.press("e")
    try tmux.wait(for: "event 2")
    #expect(try !tmux.screen().contains("warning"))
    try tmux.press("q")
    try expectGivenBack(tmux, status: 0)
    #expect(try tmux.screen(history: true).contains("a warning for later"))
  }

  @Test func `mail wakes the loop, at a limited rate`() throws {
    let tmux = try started(demo())
    try tmux.press("p")
    try tmux.wait(for: "mail 300 ")
    let words = try tmux.screen().split { $0.isWhitespace }
    let place = try #require(words.firstIndex(of: "pictures"))
    #expect(try #require(Int(words[place + 1])) < 100)
  }

  @Test func `a terminal nobody knows is driven as xterm`() throws {
    let tmux = try started(demo(term: "xterm-kitty-of-tomorrow"))
    #expect(try tmux.screen().contains("palette256 half"))
  }

  @Test func `true colour needs nothing installed`() throws {
    let tmux = try started(demo(environment: ["COLORTERM": "truecolor"]))
    try tmux.wait(for: "direct half")
    #expect(try tmux.screen(escapes: true).contains("38;2;"))
    try tmux.press("Up")
    try tmux.wait(for: "key up ")
  }

  @Test func `NO_COLOR leaves the terminal's own colours`() throws {
    let tmux = try started(demo(environment: ["NO_COLOR": "1"]))
    #expect(try tmux.screen().contains("mono half"))
    #expect(try !tmux.screen(escapes: true).contains("\u{1b}[3"))
    #expect(try !tmux.screen(escapes: true).contains("\u{1b}[4"))
  }

  @Test func `under LC_ALL=C the screen is ASCII and loses no cell`() throws {
    let tmux = try started(demo(environment: ["LC_ALL": "C"]))
    #expect(try tmux.screen().contains("palette256 ascii"))
    #expect(try tmux.screen().contains("wide ? ? ?|"))
    #expect(try tmux.screen().contains("▀") == false)
    #expect(try tmux.screen().contains("+++#"))
  }

  @Test func `without a locale half blocks are drawn all the same`() throws {
    let tmux = try started(demo(environment: ["LANG": nil]))
    #expect(try tmux.screen().contains("palette256 half"))
    #expect(try tmux.screen().contains("▀▀#"))
  }

  @Test(arguments: ["vt100", "linux", "xterm", "xterm-16color", "ansi"])
  func `lesser terminals are drawn, too`(term: String) throws {
    let tmux = try started(demo("--charset ascii", term: term))
    try tmux.press("Up")
    try tmux.wait(for: "key up ")
    try tmux.press("q")
    try tmux.wait(for: "demo left")
  }

  @Test(arguments: [
    ("TERM=dumb DEMO", "TERM=dumb: cannot place the cursor"), ("TERM= DEMO", "TERM: not set"),
    ("DEMO | cat", "standard output: not a terminal"),
    ("DEMO < /dev/null", "standard input: not a terminal"),
  ])
  func `what cannot be a screen is refused with advice`(line: String, text: String) throws {
    let tmux = try Tmux(width: 200)
    let path = Tmux.quote(try BuiltProducts.path("TerminalDemo"))
    try tmux.run("\(line.replacingOccurrences(of: "DEMO", with: path)); echo over")
    let screen = try tmux.wait("the end") { $0.contains("\nover") }
    #expect(screen.contains("demo: error: \(text)"))
    #expect(screen.contains("heed snapshot"))
  }

  @Test func `the clipboard is reached through the terminal`() throws {
    let tmux = try Tmux()
    try tmux.command("set-option", "-s", "set-clipboard", "on")
    try tmux.run(Tmux.quote(try BuiltProducts.path("TerminalDemo")))
    try tmux.wait(for: "demo ")
    try tmux.press("y")
    try tmux.wait("the copy") { _ in
      (try? tmux.command("show-buffer")) == "héllo"
    }
  }

  @Test func `the loop ends when its terminal goes away`() throws {
    let tmux = try started(demo())
    let process = try pid(tmux)
    try tmux.command("respawn-pane", "-k", "echo fresh; exec cat")
    try tmux.wait("the process to end") { _ in kill(process, 0) != 0 }
  }
}
