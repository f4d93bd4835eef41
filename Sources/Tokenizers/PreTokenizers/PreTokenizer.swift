/// Cuts text into the words that a model sees one by one.
protocol PreTokenizer: Stage {
  /// Cuts the text segments of `text`.
  func cut(_ text: inout Segments)
  /// Whether the model sees stand-ins of bytes after it.
  var isByteLevel: Bool { get }
}

extension PreTokenizer {
  var isByteLevel: Bool { false }
}

/// The pre-tokenizers that are implemented.
enum PreTokenizers {
  /// Alphabetical.
  static let all: [any PreTokenizer.Type] = [
    ByteLevelPreTokenizer.self, SequencePreTokenizer.self, WhitespacePreTokenizer.self,
    WhitespaceSplitPreTokenizer.self,
  ]
}
