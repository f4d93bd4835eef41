import ArgumentParser
import Explorer
import Foundation

/// Why a command could not do its work, beyond what checkpoints, tokenizers and models report.
enum Failure: Error, Equatable, CustomStringConvertible {
  case noSuchLayer(Int, layers: Int)
  case noSuchHead(Int, heads: Int)
  case noPrompt
  case badIDs(option: String, String)
  case unreadable(file: String, reason: String)
  case unwritable(file: String, reason: String)
  case binaryToTerminal(format: String)
  case unknownScore(String, known: [String])
  /// A setting that the chosen score does not read.
  case settingUnread(option: String, score: String, readers: [String])
  case noSuchPosition(String, Int, count: Int)
  /// `--lens only=A->B` with a part that the prompt does not have.
  case noSuchParts(SpanPair, known: [SpanPair])
  case misspelledCommand(String, nearest: String)
  case promptLine(file: String, line: Int, found: String)
  case promptLong(file: String, line: Int, tokens: Int, limit: Int)
  case noPrompts(file: String)
  case badToken(option: String, text: String, reason: String)
  case badTable(file: String, line: Int, found: String, expected: String)
  /// A file in the place of a session.
  case noSession(file: String)
  /// A prompt beside maps that something else computed.
  case promptForMaps(file: String)
  /// Maps of a file where a model is needed.
  case mapsOnly(file: String)
  /// What the explorer showed instead of a run.
  case nothingLoaded(String)

  var description: String {
    switch self {
    case .noSuchLayer(let layer, let layers):
      "--layer \(layer): the model has layers 0 to \(layers - 1)"
    case .noSuchHead(let head, let heads):
      "--head \(head): each layer has heads 0 to \(heads - 1)"
    case .noPrompt:
      "no prompt was given; write it after the model, or use --text, --file, --ids, or - for "
        + "standard input"
    case .badIDs(let option, let text):
      "--\(option) \(text): expected whole numbers separated by commas, such as 1,2,3, or @FILE"
    case .unreadable(let file, let reason):
      "\(file): cannot be read: \(reason)"
    case .unwritable(let file, let reason):
      "\(file): cannot be written: \(reason); choose another place with --output"
    case .binaryToTerminal(let format):
      "\(format) is binary and standard output is a terminal; write it to a file with -o FILE"
    case .unknownScore(let name, let known):
      "\(name): no such score, expected one of \(known.joined(separator: ", "))"
    case .settingUnread(let option, let score, let readers):
      "--\(option): found the measure \(score), which does not read it, expected one of "
        + "\(readers.joined(separator: ", ")); leave --\(option) out or choose one with --by"
    case .noSuchPosition(let option, let position, let count):
      "--\(option) \(position): the prompt has tokens 0 to \(count - 1)"
    case .noSuchParts(let pair, let known):
      "--lens only=\(pair): the prompt has "
        + (known.isEmpty
          ? "no named parts; name them with --pair, --span or --tags"
          : "only \(known.map(\.description).joined(separator: ", "))")
    case .nothingLoaded(let why): why
    case .promptForMaps(let file):
      "\(file): holds maps that are there already, found a prompt, too; leave the prompt out"
    case .mapsOnly(let file):
      "\(file): found maps, a model was expected; give a checkpoint"
    case .noSession(let file):
      "\(file): is there and is no session of heed; choose another name"
    case .promptLine(let file, let line, let found):
      "\(file): line \(line): \(found); expected a text, or an object such as "
        + "{\"text\": \"…\", \"tags\": [\"…\"], \"spans\": {\"topic\": \"…\"}}"
    case .promptLong(let file, let line, let tokens, let limit):
      "\(file): line \(line): the prompt has \(tokens) tokens, the model's context holds \(limit); shorten it"
    case .noPrompts(let file):
      "\(file): found no prompts, expected one a line"
    case .badToken(let option, let text, let reason):
      "--\(option) \(text): \(reason); expected one token as text, or #ID"
    case .badTable(let file, let line, let found, let expected):
      "\(file): line \(line): found \(found), expected \(expected)"
    case .misspelledCommand(let word, let nearest):
      "\(word): no such command or model; did you mean heed \(nearest)?"
    }
  }

  /// Prints an error as one line and leaves: 1 for work that failed, 130 when interrupted, 64 for
  /// what the argument parser rejects.
  static func exit(_ error: any Error) -> Never {
    if error is CancellationError { Foundation.exit(130) }
    let code = Heed.exitCode(for: error)
    // Help and version come this way, too.
    guard !code.isSuccess else { Heed.exit(withError: error) }
    let message = Heed.message(for: error)
    Console.error(code == .validationFailure ? rejection(message) : message)
    Foundation.exit(code.rawValue)
  }

  /// What the argument parser found, as one line that says where to look.
  private static func rejection(_ message: String) -> String {
    let names = Heed.configuration.subcommands.map { $0._commandName }
    let command = CommandLine.arguments.dropFirst().first.flatMap { word in
      names.contains(word) ? " \(word)" : nil
    }
    var text = message.split(separator: "\n").joined(separator: " ")
    while text.last == "." { text.removeLast() }
    return "\(text); see heed\(command ?? "") --help"
  }
}

/// Lines for people, on standard error.
enum Console {
  /// Whether somebody watches standard error.
  static var isWatched: Bool { isatty(STDERR_FILENO) != 0 }

  /// What went wrong.
  static func error(_ text: String) { line("heed: error: \(text)") }

  /// What the user may want to know before it happens.
  static func note(_ text: String) { line("heed: \(text)") }

  /// What the user should know though the work went on.
  static func warning(_ text: String) { line("heed: warning: \(text)") }

  /// Progress, over itself and only on a terminal; nil clears it.
  static func progress(_ text: String?) {
    guard isWatched else { return }
    write("\r\u{1b}[K" + (text ?? ""))
  }

  private static func line(_ text: String) {
    // One line, whatever a file name or a token holds.
    let clean = text.unicodeScalars.map {
      $0.value < 0x20 || $0.value == 0x7f ? "?" : String($0)
    }.joined()
    write(clean + "\n")
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
