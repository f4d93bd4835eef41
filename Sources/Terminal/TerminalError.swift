/// Why the screen cannot be taken.
public enum TerminalError: Error, Equatable, CustomStringConvertible {
  /// Standard input or output is a file or a pipe.
  case notATerminal(stream: String)
  /// `TERM` is not set.
  case unnamed
  /// The terminal cannot place its cursor.
  case dumb(term: String)
  /// No description of the terminal, nor of the one used in its place.
  case unknown(term: String, fallback: String)
  /// Curses refused although a description exists.
  case refused(term: String)

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    let remedy = "use 'heed --plain', or print one view with 'heed snapshot'"
    return switch self {
    case .notATerminal(let stream):
      "\(stream): not a terminal, the explorer needs one; \(remedy)"
    case .unnamed:
      "TERM: not set, the terminal's name was expected; set it (TERM=xterm-256color) or \(remedy)"
    case .dumb(let term):
      "TERM=\(term): cannot place the cursor, a full-screen terminal was expected; \(remedy)"
    case .unknown(let term, let fallback):
      "TERM=\(term): no terminfo entry for it nor for \(fallback), one was expected; "
        + "install terminfo (Debian: ncurses-base), set TERMINFO, or \(remedy)"
    case .refused(let term):
      "TERM=\(term): curses could not start on it, a working terminal was expected; "
        + "set TERM=xterm-256color or \(remedy)"
    }
  }
}
