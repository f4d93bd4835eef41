/// The vocabulary in a GGUF file's metadata, as `tokenizer.ggml.*` spells it.
///
/// Source: ggml-org/ggml, `docs/gguf.md`.
public struct GGUFVocabulary: Sendable {
  /// `gpt2`, `llama`, `bert` or `t5`.
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

extension Tokenizer {
  /// The tokenizer of a GGUF file.
  ///
  /// - Parameter file: Its name in errors.
  /// - Throws: `unsupportedOption` for a model or a pre-tokenizer that heed does not know;
  ///   `invalid` where scores or special ids do not fit the tokens; `unknownInMerge`.
  public init(gguf: GGUFVocabulary, file: String) throws(TokenizerError) {
    try gguf.check(file)
    var vocabulary = Vocabulary(capacity: gguf.tokens.count)
    for (id, token) in gguf.tokens.enumerated() { vocabulary.insert(token, id: id) }
    var stages = StageList(file: file)
    for (id, type) in gguf.types.enumerated() where [3, 4].contains(type) {
      stages.add(gguf.tokens[id], id: id, isSpecial: type == 3)
    }
    let token = { (id: Int?, isAdded: Bool) in
      id.map { isAdded ? [(gguf.tokens[$0], $0)] : [] } ?? []
    }
    switch gguf.model {
    case "gpt2":
      guard let patterns = KnownPatterns.patterns(pre: gguf.pre) else {
        throw .unsupportedStage(
          file: file, place: "tokenizer.ggml.pre", type: gguf.pre, known: [KnownPatterns.knownPre])
      }
      try stages.set(
        "pre_tokenizer",
        patterns == [KnownPatterns.gpt2]
          ? #"{"type":"ByteLevel","add_prefix_space":false}"# : StageList.byteLevel(patterns))
      if gguf.pre == "qwen2" { try stages.set("normalizer", #"{"type":"NFC"}"#) }
      try stages.set("decoder", #"{"type":"ByteLevel"}"#)
      try stages.set(
        "post_processor",
        StageList.template(
          before: token(gguf.bos, gguf.addsBOS ?? (gguf.pre == "llama-bpe")),
          after: token(gguf.eos, gguf.addsEOS ?? false), secondType: 1))
      let merges = Section(
        [.init(key: "merges", value: .array(gguf.merges.map { .string($0) }))], file: file)
      let ignores = ["llama-bpe", "llama3", "llama-v3", "gpt-4o", "llama4"].contains(gguf.pre)
      self = try stages.tokenizer(
        BPE(
          vocabulary: vocabulary, pairs: try BPE.merges(merges, vocabulary, prefix: []),
          options: .init(ignoresMerges: ignores)))
    case "llama":
      try gguf.setMetaspace(&stages)
      try stages.set(
        "post_processor",
        StageList.template(
          before: token(gguf.bos, gguf.addsBOS ?? true),
          after: token(gguf.eos, gguf.addsEOS ?? false), secondType: 1))
      let ranks = ScoredPieces.ranks(gguf.scores) {
        gguf.types.isEmpty || [1, 4, 5].contains(gguf.types[$0])
      }
      self = try stages.tokenizer(
        BPE(
          vocabulary: vocabulary, pairs: ScoredPieces.merges(vocabulary, ranks: ranks),
          options: .init(
            unknown: gguf.unknown.map { gguf.tokens[$0] }, fusesUnknown: true,
            fallsBackToBytes: true)))
    default:
      throw .unsupportedOption(
        file: file, place: "tokenizer.ggml.model", value: gguf.model)
    }
  }
}

extension GGUFVocabulary {
  /// Refuses lists and ids that do not fit the tokens.
  fileprivate func check(_ file: String) throws(TokenizerError) {
    guard !tokens.isEmpty, tokens.count < Section.idLimit else {
      throw .invalid(
        file: file, place: "tokenizer.ggml.tokens", found: "\(tokens.count) tokens",
        expected: "1 to \(Section.idLimit - 1)")
    }
    if model == "llama", scores.count != tokens.count || !scores.allSatisfy(\.isFinite) {
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

  /// Spaces as `▁`, with one put before the text.
  fileprivate func setMetaspace(_ stages: inout StageList) throws(TokenizerError) {
    let prepends = addsSpacePrefix ?? true
    let first = prepends ? #"{"type":"Prepend","prepend":"▁"},"# : ""
    let replace = #"{"type":"Replace","pattern":{"String":" "},"content":"▁"}"#
    try stages.set("normalizer", #"{"type":"Sequence","normalizers":[\#(first)\#(replace)]}"#)
    try stages.set("decoder", StageList.metaspaceDecoder(strips: prepends))
  }
}
