import Foundation

/// A terminal for one test: a private tmux server with one window.
///
/// Its pane runs a shell, so that what a program leaves behind can be looked at. The server ends with
/// this object.
public final class Tmux {
  private let folder: URL
  private let deadline: TimeInterval

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - term: What programs find in `TERM`.
  ///   - environment: Variables for the shell; nil removes one. Locale and colour variables of whoever
  ///     runs the tests are removed, `LANG` is C.UTF-8.
  ///   - deadline: How long each wait lasts at most, in seconds: see `Patience`.
  /// - Throws: `HarnessError`.
  public init(
    width: Int = 80, height: Int = 24, term: String = "tmux-256color",
    environment: [String: String?] = [:], deadline: TimeInterval = 20
  ) throws {
    self.deadline = Patience.seconds(deadline)
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("heed-tmux-" + UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var variables: [String: String?] = [
      "TERM": term, "LANG": "C.UTF-8", "LC_ALL": nil, "LC_CTYPE": nil, "NO_COLOR": nil,
      "COLORTERM": nil, "STY": nil, "SSH_CONNECTION": nil, "ESCDELAY": nil, "PS1": "ready$ ",
      "PROMPT_COMMAND": nil, "XDG_CONFIG_HOME": "/nonexistent",
      // The backtracer would wait for a key.
      "SWIFT_BACKTRACE": "interactive=no,color=no",
    ]
    variables.merge(environment) { $1 }
    let removed = variables.filter { $0.value == nil }.keys.sorted().flatMap { ["-u", $0] }
    let set = variables.compactMap { name, value in value.map { "\(name)=\($0)" } }.sorted()
    let shell = (["env"] + removed + set + ["bash", "--norc", "--noprofile", "-i"])
      .map(Self.quote).joined(separator: " ")
    // One command line: a server without a session would end between two.
    _ = try command(
      "-f", "/dev/null", "set-option", "-g", "history-limit", "5000", ";",
      "set-option", "-g", "default-terminal", "tmux-256color", ";",
      "set-option", "-g", "escape-time", "0", ";",
      "new-session", "-d", "-x", "\(width)", "-y", "\(height)", shell)
    try wait("the shell's prompt") { $0.contains("ready$") }
  }

  deinit {
    _ = try? command("kill-server")
    try? FileManager.default.removeItem(at: folder)
  }

  // MARK: What the user does

  /// Types a command line for the shell.
  public func run(_ line: String) throws {
    try type(line)
    try press("Enter")
  }

  /// Types text as it is.
  public func type(_ text: String) throws {
    // A last semicolon would end tmux' command.
    let escaped = text.hasSuffix(";") ? text.dropLast() + "\\;" : text
    _ = try command("send-keys", "-l", "--", escaped)
  }

  /// Presses keys by tmux' names: `Up`, `C-z`, `Enter`, `q`.
  public func press(_ keys: String...) throws {
    _ = try command(["send-keys", "--"] + keys)
  }

  /// Sends bytes, as a terminal sends mouse reports.
  public func send(bytes: [UInt8]) throws {
    _ = try command(["send-keys", "-H"] + bytes.map { String($0, radix: 16) })
  }

  /// Pastes text, in brackets if the program asked for them.
  public func paste(_ text: String) throws {
    _ = try command("set-buffer", "--", text)
    _ = try command("paste-buffer", "-p")
  }

  /// Changes the window's size.
  public func resize(width: Int, height: Int) throws {
    _ = try command("resize-window", "-x", "\(width)", "-y", "\(height)")
  }

  // MARK: What the user sees

  /// The screen's rows.
  ///
  /// - Parameters:
  ///   - escapes: With colours, as escape sequences.
  ///   - history: With what has scrolled off.
  public func screen(escapes: Bool = false, history: Bool = false) throws -> String {
    try command(
      ["capture-pane", "-p", "-N"] + (escapes ? ["-e"] : []) + (history ? ["-S", "-"] : []))
  }

  /// A fact about the pane, by tmux' name: `alternate_on`, `cursor_flag`, `mouse_any_flag`, `pane_pid`.
  public func flag(_ name: String) throws -> String {
    try command("display-message", "-p", "#{\(name)}").trimmingCharacters(in: .newlines)
  }

  /// Waits until the screen, with what has scrolled off, fulfils a condition.
  ///
  /// - Returns: That screen.
  /// - Throws: `HarnessError.timedOut` with the last screen.
  @discardableResult
  public func wait(
    _ what: String, history: Bool = false, until holds: (String) throws -> Bool
  ) throws -> String {
    let end = Date(timeIntervalSinceNow: deadline)
    while true {
      let text = try screen(history: history)
      if try holds(text) { return text }
      if Date() > end { throw HarnessError.timedOut(what, screen: text) }
      // Between two looks; the deadline alone decides.
      usleep(20_000)
    }
  }

  /// Waits until a text stands on the screen.
  @discardableResult
  public func wait(for text: String) throws -> String {
    try wait("'\(text)'") { $0.contains(text) }
  }

  /// Waits until a fact about the pane has a value.
  public func wait(flag name: String, is value: String) throws {
    try wait("\(name) = \(value)") { _ in try flag(name) == value }
  }

  // MARK: tmux

  /// Runs one tmux command on this server.
  ///
  /// - Throws: `HarnessError.tmux` with what it complained about.
  @discardableResult
  public func command(_ words: String...) throws -> String { try command(words) }

  private func command(_ words: [String]) throws -> String {
    // Not Foundation's Process: it waits for an inherited socket to close, and the server keeps it open.
    // Whoever runs the tests may sit in tmux, too.
    let line = (["env", "-u", "TMUX", "tmux", "-u", "-S", folder.path + "/socket"] + words)
      .map(Self.quote).joined(separator: " ")
    guard let pipe = popen(line + " 2>&1 </dev/null", "re") else {
      throw HarnessError.tmux(words, "cannot be started")
    }
    var output: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&part, 1, part.count, pipe), count > 0 { output += part[..<count] }
    let text = String(decoding: output, as: UTF8.self)
    guard pclose(pipe) == 0 else { throw HarnessError.tmux(words, text) }
    return text
  }

  /// A word for the shell.
  public static func quote(_ word: String) -> String {
    "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
