/// One token of a prompt.
public struct Token: Sendable, Hashable {
  /// Its number in the vocabulary.
  public let id: Int
  /// Its spelling in the vocabulary, such as `Ġthe`.
  public let piece: String
  /// The bytes it stands for; not always whole characters.
  public let bytes: [UInt8]
  /// The bytes of the prompt that it covers: `start..<end`; empty for a token that was added.
  public let start, end: Int
  /// Whether it is one of the vocabulary's special tokens.
  public let isSpecial: Bool

  /// A token; `start` and `end` are byte offsets into the prompt.
  public init(
    id: Int, piece: String, bytes: [UInt8], start: Int, end: Int, isSpecial: Bool = false
  ) {
    self.id = id
    self.piece = piece
    self.bytes = bytes
    self.start = start
    self.end = end
    self.isSpecial = isSpecial
  }

  /// What it stands for, as text; bytes that are no UTF-8 become U+FFFD.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// A text as tokens.
public struct Encoding: Sendable, Hashable {
  /// All tokens in order, the added ones included.
  public var tokens: [Token]
  /// Which special tokens were added: `bos`, `eos`, `cls`, `sep`, in order, each once.
  public var added: [String]
  /// For each token the part of a pair that it belongs to, 0 or 1, as the model is told.
  public var typeIDs: [Int]

  /// Tokens, and the names of the special ones among them that the text did not contain.
  ///
  /// - Parameter typeIDs: One for each token; where they are left out, all are 0.
  public init(tokens: [Token], added: [String], typeIDs: [Int]? = nil) {
    self.tokens = tokens
    self.added = added
    self.typeIDs = typeIDs ?? [Int](repeating: 0, count: tokens.count)
  }
}
