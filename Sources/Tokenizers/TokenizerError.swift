/// Why a tokenizer could not be opened.
public enum TokenizerError: Error, Hashable, Sendable {
  /// A checkpoint that came without a tokenizer.
  case noTokenizer(folder: String)
  /// The system refused to read `file`; `reason` in its words.
  case unreadable(file: String, reason: String)
  /// `file` is no JSON.
  case invalidJSON(file: String, line: Int, found: String)
  /// The value at `place`, such as `model.vocab`, is not what belongs there.
  case invalid(file: String, place: String, found: String, expected: String)
  /// A stage of a type that heed does not know.
  case unsupportedStage(file: String, place: String, type: String, known: [String])
  /// An option, or a value of it, that heed does not know.
  case unsupportedOption(file: String, place: String, value: String)
  /// A merge that names, or makes, a token that is not in the vocabulary.
  case unknownInMerge(file: String, merge: String, number: Int, token: String)
  /// A checkpoint without a chat template.
  case noChatTemplate(place: String)
  /// A chat template that asks for something unknown, or refuses the conversation.
  case chatTemplate(file: String, line: Int, found: String)
}

extension TokenizerError: CustomStringConvertible {
  /// One line: the file, what was found, what was expected, what to do.
  ///
  /// What is quoted of a file may hold anything: line ends and control characters become `?`.
  public var description: String {
    var line = String.UnicodeScalarView()
    for scalar in sentence.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: line.append("?")
      default: line.append(scalar)
      }
    }
    return String(line)
  }

  private var sentence: String {
    switch self {
    case .noTokenizer(let folder):
      "\(folder): found no tokenizer.json, expected one beside config.json; "
        + "fetch it, or give token ids with --ids, which needs no tokenizer"
    case .unreadable(let file, let reason):
      "\(file): cannot be read: \(reason); check the file and its permissions, "
        + "or give token ids with --ids"
    case .invalidJSON(let file, let line, let found):
      "\(file): found \(found) on line \(line), expected JSON; fetch the file again"
    case .invalid(let file, let place, let found, let expected):
      "\(file): found \(found) as \(place), expected \(expected); fetch the file again"
    case .unsupportedStage(let file, let place, let type, let known):
      "\(file): found \(place) of type \(type), expected "
        + (known.isEmpty ? "none" : "one of \(known.joined(separator: ", "))")
        + ", which is what heed reads so far; give token ids with --ids"
    case .unsupportedOption(let file, let place, let value):
      "\(file): found \(place) = \(value), which heed does not implement yet, expected its default; "
        + "give token ids with --ids"
    case .unknownInMerge(let file, let merge, let number, let token):
      "\(file): found no token \"\(token)\" for merge \(number), \"\(merge)\", "
        + "expected it in model.vocab; fetch the file again"
    case .noChatTemplate(let place):
      "\(place): found no chat template, expected chat_template.jinja or chat_template in "
        + "tokenizer_config.json; leave --chat out"
    case .chatTemplate(let file, let line, let found):
      // What is quoted of a template may go over several of its lines.
      "\(file): found \(found.split(whereSeparator: \.isNewline).joined(separator: " ")) "
        + "on line \(line) of the chat template, expected what heed follows of Jinja; write the conversation out and leave --chat out"
    }
  }
}
