/// What a tokenizer is, read without what only cutting a text takes: merges and tries are neither built nor checked.
public struct TokenizerSummary: Sendable, Hashable {
  /// The kind of its model, as tokenizer.json has it: `BPE`, `Unigram`, `WordLevel` or `WordPiece`.
  public let kind: String
  /// How many ids have a piece.
  public let vocabularySize: Int
  /// One more than the largest id.
  public let idLimit: Int

  private init(_ tokenizer: Tokenizer) {
    kind = type(of: tokenizer.model).type
    vocabularySize = tokenizer.vocabularySize
    idLimit = tokenizer.pieces.count
  }

  /// Reads what the tokenizer in `folder` is.
  ///
  /// - Throws: what `Tokenizer.open(folder:)` throws, except about merges.
  public init(folder: String) throws(TokenizerError) {
    guard let found = try TokenizerFormats.read(folder: folder, cutsText: false) else {
      throw .noTokenizer(folder: folder)
    }
    self.init(found)
  }

  /// What the tokenizer of a GGUF file is; its merges may be left out.
  ///
  /// - Parameter file: Its name in errors.
  /// - Throws: what `Tokenizer.init(gguf:file:)` throws, except about merges.
  public init(gguf: GGUFVocabulary, file: String) throws(TokenizerError) {
    self.init(try Tokenizer(gguf: gguf, file: file, cutsText: false))
  }
}
