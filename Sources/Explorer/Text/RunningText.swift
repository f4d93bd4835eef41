import Tokenizers

/// Tokens as running text, with blanks where the text had them and no token holds them.
///
/// Byte-level and SentencePiece tokens begin with the blank before a word; those of BERT and of word lists do
/// not, and would run together.
struct RunningText {
  /// Whether blanks of the text lie between tokens.
  private let isSpaced: Bool

  /// The spacing of a tokenizer, as a text that it has read shows it.
  ///
  /// - Parameter read: Tokens that know where they stood in the text.
  init(like read: [Token]) {
    isSpaced = zip(read, read.dropFirst()).contains { Self.isApart($0, $1) }
  }

  /// What is written for a token, a blank before it included where one is needed.
  ///
  /// - Parameter previous: The token before; nil for the first one.
  func shown(_ token: Token, after previous: Token?, charset: Charset) -> String {
    let text = TokensLayout.prose(token.bytes, charset)
    guard let previous, isSpaced, needsBlank(token, previous) else { return text }
    return " " + text
  }

  private func needsBlank(_ token: Token, _ previous: Token) -> Bool {
    guard !Self.isBlank(token.bytes.first), !Self.isBlank(previous.bytes.last) else { return false }
    // What the model writes stands nowhere in the text; BERT's parts of words begin so.
    if token.start == token.end || previous.start == previous.end {
      return !token.piece.hasPrefix("##")
    }
    return Self.isApart(previous, token)
  }

  private static func isApart(_ first: Token, _ second: Token) -> Bool {
    first.start < first.end && second.start > first.end && !isBlank(second.bytes.first)
      && !isBlank(first.bytes.last)
  }

  /// Blanks and control characters; no byte at all is one, too.
  private static func isBlank(_ byte: UInt8?) -> Bool { byte.map { $0 <= 0x20 } ?? true }
}
