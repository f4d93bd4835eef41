import Testing

@testable import Terminal

@Suite struct TerminalErrorTests {
  @Test(arguments: [
    (
      TerminalError.notATerminal(stream: "standard output"),
      "standard output: not a terminal, the explorer needs one; "
        + "use 'heed --plain', or print one view with 'heed snapshot'"
    ),
    (
      .unnamed,
      "TERM: not set, the terminal's name was expected; set it (TERM=xterm-256color) or "
        + "use 'heed --plain', or print one view with 'heed snapshot'"
    ),
    (
      .dumb(term: "dumb"),
      "TERM=dumb: cannot place the cursor, a full-screen terminal was expected; "
        + "use 'heed --plain', or print one view with 'heed snapshot'"
    ),
    (
      .unknown(term: "foot", fallback: "xterm-256color"),
      "TERM=foot: no terminfo entry for it nor for xterm-256color, one was expected; "
        + "install terminfo (Debian: ncurses-base), set TERMINFO, or "
        + "use 'heed --plain', or print one view with 'heed snapshot'"
    ),
    (
      .refused(term: "odd"),
      "TERM=odd: curses could not start on it, a working terminal was expected; "
        + "set TERM=xterm-256color or use 'heed --plain', or print one view with 'heed snapshot'"
    ),
  ])
  func `each error says what to do`(error: TerminalError, text: String) {
    #expect(error.description == text)
  }
}
