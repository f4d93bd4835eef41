import Explorer
import Foundation

/// The explorer a line at a time: for screen readers, for terminals without a cursor, and for pipes.
///
/// A line is a command, as after `:`, or a key's name; the answer is text. Nothing is drawn over.
struct PlainSession {
  private let player: Player
  private let charset: Charset
  private let isWatched = isatty(STDIN_FILENO) != 0

  /// A session of a program that has loaded its first run, or failed to.
  init(_ player: Player, charset: Charset) {
    self.player = player
    self.charset = charset
  }

  /// Reads lines until the end of input or `quit`.
  func run() throws {
    try say(overview + answer)
    while !player.hasQuit {
      if isWatched { try say(player.isTyping ? "text> " : "heed> ") }
      guard let line = readLine() else { break }
      try obey(line)
    }
    if isWatched { try say("\n") }
  }

  private func obey(_ line: String) throws {
    if player.isTyping {
      if case .letter = player.state.entry {
        player.play(.type(String(line.prefix(1))))
      } else {
        player.play(.key(.control("u")))
        player.play(.type(line + "\n"))
      }
      return try say(answer)
    }
    let words = line.trimmingCharacters(in: .whitespaces)
    switch words {
    case "": return try say(answer)
    case "show": return try say(picture)
    case "data": return try say(data)
    case "help", "?", ":help": return try say(help)
    default: break
    }
    if let key = PlainSession.key(words) {
      player.play(.key(key))
    } else {
      player.play(.command(words.hasPrefix(":") ? String(words.dropFirst()) : words))
    }
    guard !player.hasQuit else { return }
    try say(answer)
  }

  /// A single character or a key's name, unless it is also the name of a command.
  private static func key(_ text: String) -> Key? {
    Commands.all.contains { $0.name == text } ? nil : Key(recorded: text)
  }

  /// What just happened: a message, else what the cursor is on.
  private var answer: String {
    let state = player.state
    if case .failed(let why) = state.content { return clean("error: \(why)") }
    if let notice = state.notice { return clean((notice.isError ? "error: " : "") + notice.text) }
    if player.isTyping { return "Type " + state.entry.question.map(clean).joined() }
    return clean("\(state.view): \(player.spoken)")
  }

  /// What can be typed in this view.
  private var help: String {
    let commands = Commands.all.filter { $0.works(in: player.state.view) }.map { command in
      let keys = command.keys.map(\.label).joined(separator: " ")
      return "\(command.syntax): \(command.help)" + (keys.isEmpty ? "" : "; keys \(keys)")
    }
    let own = ["show: the view as text", "data: its numbers, between tabs"]
    return (own + commands).map(clean).joined()
  }

  private var overview: String {
    guard let subject = player.state.subject else { return "" }
    let patterns = subject.patterns
    return clean(
      "heed \(Release.version), \(subject.model): \(patterns.layers) layers of \(patterns.heads) "
        + "heads, \(subject.tokens.count) tokens")
      + "A line is a command: view NAME, goto L3.H5, next-head, query 4, show, data, help, quit.\n"
  }

  /// The view as text.
  private var picture: String {
    let state = player.state
    let canvas = Snapshot.render(
      state, view: state.view, width: 80, height: 30,
      appearance: Appearance(depth: .mono, charset: charset))
    return TextExport.export(
      canvas, appearance: Appearance(depth: .mono, charset: charset), ramp: state.ramp)
  }

  /// The view's numbers, tab-separated.
  private var data: String {
    var bytes: [UInt8] = []
    do {
      let format = try TensorExports.forFile("data.tsv")
      try player.state.export.export(as: format) { bytes += $0 }
    } catch {
      return clean("error: \(error)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func clean(_ text: String) -> String {
    TokenText.shown(Array(text.utf8), charset: charset) + "\n"
  }

  private func say(_ text: String) throws { try Output(nil).write(text) }
}
