/// The vocabulary in a GGUF file's metadata, as `tokenizer.ggml.*` spells it.
///
/// Source: ggml-org/ggml, `docs/gguf.md`.
public struct GGUFVocabulary: Sendable {
  /// `gpt2`, `llama`, `bert`, `t5` or `gemma4`.
  public var model: String
  /// What cuts text before a `gpt2` model, such as `llama-bpe`; `default` where it is not named.
  public var pre: String
  /// Pieces by id.
  public var tokens: [String]
  /// Scores by id; empty where there are none.
  public var scores: [Float]
  /// Kinds by id: 1 plain, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; may be empty.
  public var types: [Int]
  /// Two pieces with a space between, the earliest first.
  public var merges: [String]
  /// Ids of special tokens.
  public var bos, eos, unknown, separator, classification: Int?
  /// Whether they are put around a text; nil where the file does not say.
  public var addsBOS, addsEOS, addsSpacePrefix: Bool?
  /// Whether a `bert` model knows no capitals, and no accents; nil where the file does not say.
  public var lowers, stripsAccents: Bool?
  /// The rules of a `t5` model, as SentencePiece packs them; empty for none.
  public var charactersMap: [UInt8] = []

  /// A vocabulary; all but the model and its pieces may be left out.
  public init(
    model: String, pre: String = "default", tokens: [String], scores: [Float] = [],
    types: [Int] = [], merges: [String] = []
  ) {
    self.model = model
    self.pre = pre
    self.tokens = tokens
    self.scores = scores
    self.types = types
    self.merges = merges
  }
}

extension GGUFVocabulary {
  /// Refuses lists and ids that do not fit the tokens.
  func check(_ file: String) throws(TokenizerError) {
    guard !tokens.isEmpty, tokens.count < Section.idLimit else {
      throw .invalid(
        file: file, place: "tokenizer.ggml.tokens", found: "\(tokens.count) tokens",
        expected: "1 to \(Section.idLimit - 1)")
    }
    if ["llama", "t5"].contains(model),
      scores.count != tokens.count || !scores.allSatisfy(\.isFinite)
    {
      throw .invalid(
        file: file, place: "tokenizer.ggml.scores", found: "\(scores.count) scores",
        expected: "a number for each of \(tokens.count) tokens")
    }
    if !types.isEmpty, types.count != tokens.count {
      throw .invalid(
        file: file, place: "tokenizer.ggml.token_type", found: "\(types.count) types",
        expected: "one for each of \(tokens.count) tokens")
    }
    for id in [bos, eos, unknown, separator, classification] {
      guard let id, !tokens.indices.contains(id) else { continue }
      throw .invalid(
        file: file, place: "tokenizer.ggml's special ids", found: "\(id)",
        expected: "an id below \(tokens.count)")
    }
  }
}
