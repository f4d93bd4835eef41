import Foundation

/// Text as JSON writes a string: one line, whatever is in it.
public enum QuotedText {
  /// The text in quotes, with escapes.
  public static func written(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let data = (try? encoder.encode(text)) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  static func read(_ text: some StringProtocol) -> String? {
    try? JSONDecoder().decode(String.self, from: Data(text.utf8))
  }
}

/// Why a recording or a session cannot be read.
public enum RecordingError: Error, Equatable, CustomStringConvertible {
  /// The first line is another one.
  case noRecording(file: String, found: String, expected: String)
  /// A line that means nothing.
  case badLine(file: String, line: Int, found: String, expected: String)
  /// Written for another checkpoint.
  case otherModel(file: String, model: String, saved: String, found: String)
  /// A version that this heed does not know.
  case newer(file: String, found: String)

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .noRecording(let file, let found, let expected):
      "\(file): begins with \"\(found)\", expected \"\(expected)\"; is it another file?"
    case .badLine(let file, let line, let found, let expected):
      "\(file):\(line): found \"\(found)\", expected \(expected)"
    case .otherModel(let file, let model, let saved, let found):
      "\(file): was saved for a checkpoint with hash \(saved), \(model) has \(found); "
        + "name the model before --session to open it there all the same"
    case .newer(let file, let found):
      "\(file): \(found) is of a newer heed, this one reads version 1; update heed"
    }
  }
}
