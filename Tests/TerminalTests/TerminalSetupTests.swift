import Explorer
import Testing

@testable import Terminal

@Suite struct TerminalSetupTests {
  private func options(
    _ environment: [String: String] = [:], color: TerminalOptions.ColorChoice = .auto,
    charset: TerminalOptions.CharsetChoice = .auto
  ) -> TerminalOptions {
    var variables = ["TERM": "xterm-256color"]
    variables.merge(environment) { $1 }
    return TerminalOptions(color: color, charset: charset, environment: variables)
  }

  @Test(arguments: [
    (-1, ColorDepth.mono), (0, .mono), (8, .palette8), (16, .palette16), (88, .palette16),
    (256, .palette256), (1 << 24, .direct),
  ])
  func `without wishes the terminal's colours decide`(colors: Int, expected: ColorDepth) {
    #expect(TerminalSetup.depth(options(), colors: colors) == expected)
  }

  @Test(arguments: ["truecolor", "24bit"])
  func `COLORTERM announces true colour`(value: String) {
    #expect(TerminalSetup.depth(options(["COLORTERM": value]), colors: 8) == .direct)
  }

  @Test func `another COLORTERM announces nothing`() {
    #expect(TerminalSetup.depth(options(["COLORTERM": "yes"]), colors: 256) == .palette256)
  }

  @Test(arguments: [["STY": "1.pts"], ["TERM": "screen"], ["TERM": "screen.xterm-256color"]])
  func `GNU screen never gets true colour by itself`(environment: [String: String]) {
    let all = environment.merging(["COLORTERM": "truecolor"]) { $1 }
    #expect(TerminalSetup.depth(options(all), colors: 256) == .palette256)
  }

  @Test func `tmux under the name of screen keeps true colour`() {
    let all = ["TERM": "screen-256color", "TMUX": "/tmp/x", "COLORTERM": "truecolor"]
    #expect(TerminalSetup.depth(options(all), colors: 256) == .direct)
  }

  @Test func `NO_COLOR turns colours off unless it is empty or overruled`() {
    let set = options(["NO_COLOR": "1", "COLORTERM": "truecolor"])
    #expect(TerminalSetup.depth(set, colors: 256) == .mono)
    #expect(TerminalSetup.depth(options(["NO_COLOR": ""]), colors: 256) == .palette256)
    let always = options(["NO_COLOR": "1"], color: .always)
    #expect(TerminalSetup.depth(always, colors: 256) == .palette256)
  }

  @Test(arguments: [
    (TerminalOptions.ColorChoice.never, ColorDepth.mono), (.palette16, .palette16),
    (.palette256, .palette256), (.truecolor, .direct),
  ])
  func `a colour option wins over everything`(
    choice: TerminalOptions.ColorChoice, expected: ColorDepth
  ) {
    let all = options(["NO_COLOR": "1", "COLORTERM": "truecolor", "STY": "x"], color: choice)
    #expect(TerminalSetup.depth(all, colors: 8) == expected)
  }

  @Test(arguments: [
    ("xterm-256color", Charset.half), ("tmux-256color", .half), ("vte-256color", .half),
    ("linux", .ascii), ("linux-16color", .ascii), ("vt100", .ascii), ("vt220", .ascii),
    ("ansi", .ascii),
  ])
  func `half blocks are for terminals that have them`(term: String, expected: Charset) {
    #expect(TerminalSetup.charset(options(["TERM": term]), isUTF8: true) == expected)
  }

  @Test func `a charset option wins but cannot do without UTF-8`() {
    let half = options(["TERM": "linux"], charset: .half)
    #expect(TerminalSetup.charset(half, isUTF8: true) == .half)
    #expect(TerminalSetup.charset(half, isUTF8: false) == .ascii)
    #expect(TerminalSetup.charset(options(charset: .ascii), isUTF8: true) == .ascii)
  }

  @Test func `C UTF-8 stands in for a locale that is missing or unset but not for a chosen one`() {
    #expect(TerminalSetup.locales(options()) == ["", "C.UTF-8"])
    #expect(TerminalSetup.locales(options(["LANG": "en_US.utf8"])) == ["", "C.UTF-8"])
    #expect(TerminalSetup.locales(options(["LC_ALL": "C", "LANG": "C.UTF-8"])) == [""])
    #expect(TerminalSetup.locales(options(["LANG": "de_DE.ISO-8859-1"])) == [""])
    #expect(TerminalSetup.locales(options(["LC_ALL": "C"], charset: .half)) == ["", "C.UTF-8"])
  }

  @Test func `a lone Esc waits longer where sequences may be split`() {
    #expect(TerminalSetup.escapeDelay(options()) == 25)
    for name in ["SSH_CONNECTION", "STY", "TMUX"] {
      #expect(TerminalSetup.escapeDelay(options([name: "x"])) == 100)
    }
    #expect(TerminalSetup.escapeDelay(options(["ESCDELAY": "40", "TMUX": "x"])) == 40)
    #expect(TerminalSetup.escapeDelay(options(["ESCDELAY": "soon"])) == 25)
  }

  @Test func `the entry has the colours that were asked for`() throws {
    func entry(_ options: TerminalOptions, colors: Int) throws -> TerminalSetup.Entry {
      let facts = TerminalFacts(entry: "xterm", colors: colors, addressable: true)
      return try TerminalSetup(options, facts: facts, isUTF8: true).entry
    }
    #expect(try entry(options(), colors: 8) == .installed("xterm"))
    #expect(try entry(options(color: .palette16), colors: 8) == .installed("xterm-16color"))
    #expect(try entry(options(color: .palette256), colors: 8) == .installed("xterm-256color"))
    #expect(try entry(options(color: .truecolor), colors: 8) == .embeddedDirect)
  }

  @Test func `a terminal that cannot place its cursor is refused`() {
    let facts = TerminalFacts(entry: "dumb", colors: -1, addressable: false)
    #expect(throws: TerminalError.dumb(term: "dumb")) {
      try TerminalSetup(options(["TERM": "dumb"]), facts: facts, isUTF8: true)
    }
  }
}
