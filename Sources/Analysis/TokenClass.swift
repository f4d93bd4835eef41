import Models

/// Kinds of tokens that scores are about, told by what they stand for.
///
/// Analysis knows tokens by their bytes alone: the class of a token is that of its text without blanks.
public enum TokenClass: String, Sendable, CaseIterable {
  /// Special tokens, such as BOS or [SEP].
  case special
  /// Punctuation alone.
  case punctuation
  /// Digits alone.
  case number
  /// `+ - * / × ÷ =` and the words for them.
  case `operator`

  private static let words: Set<String> = [
    "+", "-", "*", "/", "×", "÷", "−", "plus", "minus", "times", "divided", "add", "subtract",
    "multiply", "divide",
  ]

  /// Whether a token belongs.
  public func contains(_ text: String, isSpecial: Bool) -> Bool {
    guard !isSpecial else { return self == .special }
    let word = text.filter { !$0.isWhitespace }
    guard !word.isEmpty else { return false }
    return switch self {
    case .special: false
    case .operator: Self.words.contains(word.lowercased())
    case .number: word.allSatisfy { $0.isASCII && $0.isNumber }
    case .punctuation: word.allSatisfy { $0.isPunctuation } && !Self.words.contains(word)
    }
  }

  /// The tokens of this class in a prompt.
  public func keys(_ prompt: Prompt) -> [Int] {
    prompt.tokens.indices.filter {
      contains(prompt.tokens[$0].text, isSpecial: prompt.tokens[$0].isSpecial)
    }
  }

  /// Why a score of this class does not apply; nil when it does.
  func obstacle(_ facts: ScoreFacts) -> String? {
    guard let prompt = facts.prompt, !keys(prompt).isEmpty else {
      return "the prompt has no \(rawValue) token"
    }
    return nil
  }
}
