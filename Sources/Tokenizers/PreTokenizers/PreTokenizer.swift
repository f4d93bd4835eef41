/// Cuts text into the words that a model sees one by one.
protocol PreTokenizer: Stage {
  /// Cuts the text segments of `text`.
  func cut(_ text: inout Segments)
}

/// The pre-tokenizers that are implemented.
enum PreTokenizers {
  /// Alphabetical.
  static let all: [any PreTokenizer.Type] = [
    BertPreTokenizer.self, ByteLevelPreTokenizer.self, DelimiterPreTokenizer.self,
    DigitsPreTokenizer.self, MetaspacePreTokenizer.self, PunctuationPreTokenizer.self,
    SequencePreTokenizer.self, SplitPreTokenizer.self, WhitespacePreTokenizer.self,
    WhitespaceSplitPreTokenizer.self,
  ]
}
