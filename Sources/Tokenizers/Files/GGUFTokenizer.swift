extension Tokenizer {
  /// The tokenizer of a GGUF file.
  ///
  /// - Parameter file: Its name in errors.
  /// - Throws: `unsupportedOption` for a model or a pre-tokenizer that heed does not know;
  ///   `invalid` where scores or special ids do not fit the tokens; `unknownInMerge`.
  ///
  /// Source: ggml-org/llama.cpp, `src/llama-vocab.cpp`, for what stands where a file says nothing.
  public init(gguf: GGUFVocabulary, file: String) throws(TokenizerError) {
    try self.init(gguf: gguf, file: file, cutsText: true)
  }

  /// - Parameter cutsText: Whether a text will be cut; else merges and tries are left out, and only counting is possible.
  init(gguf: GGUFVocabulary, file: String, cutsText: Bool) throws(TokenizerError) {
    try gguf.check(file)
    var stages = StageList(file: file, cutsText: cutsText)
    for (id, type) in gguf.types.enumerated() where [3, 4].contains(type) {
      stages.add(gguf.tokens[id], id: id, isSpecial: type == 3)
    }
    switch gguf.model {
    case "bert": self = try gguf.wordPiece(&stages)
    case "gemma4": self = try gguf.spaced(&stages)
    case "gpt2": self = try gguf.byteLevel(&stages)
    case "llama": self = try gguf.merged(&stages)
    case "t5": self = try gguf.unigram(&stages)
    default:
      throw .unsupportedOption(file: file, place: "tokenizer.ggml.model", value: gguf.model)
    }
  }
}

extension GGUFVocabulary {
  /// The tokens of ids as a vocabulary.
  private func vocabulary(_ pieces: [String]) -> Vocabulary {
    var vocabulary = Vocabulary(capacity: pieces.count)
    for (id, piece) in pieces.enumerated() { vocabulary.insert(piece, id: id) }
    return vocabulary
  }

  /// A special token to put beside a text; none where there is no such token, or none is wanted.
  private func beside(_ id: Int?, _ isAdded: Bool) -> [(String, Int)] {
    id.map { isAdded ? [(tokens[$0], $0)] : [] } ?? []
  }

  /// GPT-2's kind: bytes, and a pre-tokenizer by name.
  fileprivate func byteLevel(_ stages: inout StageList) throws(TokenizerError) -> Tokenizer {
    guard let cut = KnownPatterns.preTokenizer(pre: pre) else {
      throw .unsupportedStage(
        file: stages.file, place: "tokenizer.ggml.pre", type: pre, known: [KnownPatterns.knownPre])
    }
    try stages.set("pre_tokenizer", cut)
    if pre == "qwen2" { try stages.set("normalizer", #"{"type":"NFC"}"#) }
    try stages.set("decoder", #"{"type":"ByteLevel"}"#)
    let isRoberta = KnownPatterns.robertas.contains(pre)
    let begins = isRoberta || KnownPatterns.ownBOS.contains(pre)
    try stages.set(
      "post_processor",
      StageList.template(
        before: beside(bos ?? classification, addsBOS ?? begins),
        after: beside(isRoberta ? separator ?? eos : eos, addsEOS ?? isRoberta),
        doubled: isRoberta, secondType: isRoberta ? 0 : 1))
    let vocabulary = vocabulary(tokens)
    return try stages.tokenizer(
      BPE(
        vocabulary: vocabulary, pairs: try listed(vocabulary, stages),
        options: .init(ignoresMerges: KnownPatterns.takesWordsWhole.contains(pre))))
  }

  /// The merges as the file lists them.
  private func listed(
    _ vocabulary: Vocabulary, _ stages: StageList
  ) throws(TokenizerError) -> PairTable {
    guard stages.cutsText else { return .empty }
    let list = Section(
      [.init(key: "merges", value: .array(merges.map { .string($0) }))], file: stages.file)
    return try BPE.merges(list, vocabulary, prefix: [])
  }

  /// Gemma 4's kind: listed merges of pieces with `▁` for spaces, and bytes for what they do not cover.
  ///
  /// Source: `models/gemma/tokenization_gemma.py` of transformers 5; llama.cpp cuts at line feeds, which
  /// changes nothing: merges join line feeds with line feeds alone.
  fileprivate func spaced(_ stages: inout StageList) throws(TokenizerError) -> Tokenizer {
    try stages.set(
      "normalizer", #"{"type":"Replace","pattern":{"String":" "},"content":"▁"}"#)
    try stages.set("decoder", StageList.metaspaceDecoder(strips: false))
    try stages.set(
      "post_processor",
      StageList.template(
        before: beside(bos, addsBOS ?? false), after: beside(eos, addsEOS ?? false), secondType: 1))
    let vocabulary = vocabulary(tokens)
    return try stages.tokenizer(
      BPE(
        vocabulary: vocabulary, pairs: try listed(vocabulary, stages),
        options: .init(
          unknown: unknown.map { tokens[$0] }, fusesUnknown: true, fallsBackToBytes: true)))
  }

  /// Llama's kind: pieces with scores that merge, and bytes for what they do not cover.
  fileprivate func merged(_ stages: inout StageList) throws(TokenizerError) -> Tokenizer {
    let prepends = addsSpacePrefix ?? true
    let first = prepends ? #"{"type":"Prepend","prepend":"▁"},"# : ""
    let replace = #"{"type":"Replace","pattern":{"String":" "},"content":"▁"}"#
    try stages.set("normalizer", #"{"type":"Sequence","normalizers":[\#(first)\#(replace)]}"#)
    try stages.set("decoder", StageList.metaspaceDecoder(strips: prepends))
    try stages.set(
      "post_processor",
      StageList.template(
        before: beside(bos, addsBOS ?? true), after: beside(eos, addsEOS ?? false), secondType: 1))
    let ranks = ScoredPieces.ranks(scores) { types.isEmpty || [1, 4, 5].contains(types[$0]) }
    let vocabulary = vocabulary(tokens)
    return try stages.tokenizer(
      BPE(
        vocabulary: vocabulary,
        pairs: stages.cutsText ? ScoredPieces.merges(vocabulary, ranks: ranks) : .empty,
        options: .init(
          unknown: unknown.map { tokens[$0] }, fusesUnknown: true, fallsBackToBytes: true)))
  }

  /// BERT's kind, whose pieces begin words with `▁` and go on without, where BERT's own begin
  /// without and go on with `##`.
  fileprivate func wordPiece(_ stages: inout StageList) throws(TokenizerError) -> Tokenizer {
    var isCased = false
    var pieces: [String] = []
    for (id, token) in tokens.enumerated() {
      let isPlain = types.isEmpty || types[id] == 1
      let beginning = token.utf8.starts(with: "▁".utf8) ? String(token.dropFirst()) : nil
      let isSpecial = beginning == nil && token.hasPrefix("[") && token.hasSuffix("]")
      pieces.append(!isPlain || isSpecial ? beginning ?? token : beginning ?? "##" + token)
      // A piece with a capital would never be found in lower case.
      if isPlain, !isSpecial, token.utf8.contains(where: { (0x41...0x5A).contains($0) }) {
        isCased = true
      }
    }
    let lowers = lowers ?? !isCased
    try stages.set(
      "normalizer",
      #"{"type":"BertNormalizer","lowercase":\#(lowers),"strip_accents":\#(stripsAccents ?? lowers)}"#
    )
    try stages.set("pre_tokenizer", #"{"type":"BertPreTokenizer"}"#)
    try stages.set("decoder", #"{"type":"WordPiece"}"#)
    let vocabulary = vocabulary(pieces)
    try stages.set(
      "post_processor",
      StageList.template(
        before: beside(classification ?? bos ?? vocabulary.id(of: "[CLS]"), addsBOS ?? true),
        after: beside(separator ?? eos ?? vocabulary.id(of: "[SEP]"), addsEOS ?? true),
        secondType: 1))
    var options = Section(
      [.init(key: "unk_token", value: .string(unknown.map { pieces[$0] } ?? "[UNK]"))],
      file: stages.file)
    options.cutsText = stages.cutsText
    return try stages.tokenizer(try WordPiece(options, vocabulary: vocabulary))
  }

  /// T5's kind: the most probable pieces.
  fileprivate func unigram(_ stages: inout StageList) throws(TokenizerError) -> Tokenizer {
    try stages.setSentencePiece(
      SentencePieceModel(
        unigramRules: charactersMap, addsPrefix: addsSpacePrefix ?? true))
    try stages.set(
      "post_processor",
      StageList.template(
        before: beside(bos, addsBOS ?? false), after: beside(eos, addsEOS ?? true),
        secondType: 0))
    var members: [JSONTree.Member] = []
    if let unknown { members.append(.init(key: "unk_id", value: .number(Double(unknown)))) }
    var options = Section(members, file: stages.file)
    options.cutsText = stages.cutsText
    return try stages.tokenizer(
      try Unigram(
        options, vocabulary: vocabulary(tokens),
        scores: scores.map(Double.init)))
  }
}
