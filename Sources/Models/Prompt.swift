import Tokenizers

/// What a model is asked to look at.
public struct Prompt: Sendable, Hashable {
  /// The tokens, added special ones included.
  public let tokens: [Token]
  /// Which special tokens were added: `bos`, `eos`, `cls`, `sep`.
  public let added: [String]
  /// The text it came from; nil for a prompt given as ids.
  public let text: String?

  /// A prompt of the given tokens.
  public init(tokens: [Token], added: [String] = [], text: String? = nil) {
    self.tokens = tokens
    self.added = added
    self.text = text
  }

  /// A prompt of bare ids, for a model without a tokenizer; each token is spelled as its id.
  public init(ids: [Int]) {
    self.init(
      tokens: ids.map {
        Token(id: $0, piece: "<\($0)>", bytes: Array("<\($0)>".utf8), start: 0, end: 0)
      })
  }

  /// The token ids.
  public var ids: [Int] { tokens.map(\.id) }
  /// The number of tokens.
  public var seq: Int { tokens.count }
}
