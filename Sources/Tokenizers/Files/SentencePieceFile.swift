import Foundation

extension Tokenizer {
  /// A SentencePiece model, with the special tokens that its class puts around a text.
  ///
  /// Source: the converters of huggingface/transformers, `convert_slow_tokenizer.py`.
  static func sentencePiece(
    _ settings: TokenizerSettings, file: String, bytes: [UInt8]
  ) throws(TokenizerError) -> Tokenizer {
    guard let proto = SentencePieceModel(bytes) else {
      throw .invalid(
        file: file, place: "the whole file", found: "\(bytes.count) bytes",
        expected: "a SentencePiece model")
    }
    let family = try settings.family
    var pieces = proto.pieces
    let unknownID = proto.unknownID
    // Other classes put other tokens around a text, and some renumber the pieces: a guess would give
    // wrong ids without a word.
    guard family.isEmpty || ["llama", "t5"].contains(family) else {
      throw .unsupportedOption(
        file: file, place: "tokenizer_class of tokenizer_config.json", value: family)
    }
    if family == "t5", !pieces.contains(where: { $0.text == "<extra_id_0>" }) {
      pieces += (0..<100).reversed().map { .init(text: "<extra_id_\($0)>", score: 0, kind: 4) }
    }
    var vocabulary = Vocabulary(capacity: pieces.count)
    var stages = StageList(file: file)
    for (id, piece) in pieces.enumerated() {
      vocabulary.insert(piece.text, id: id)
      if [2, 3, 4].contains(piece.kind) {
        stages.add(
          piece.text, id: id, isSpecial: piece.kind != 4, stripsLeft: false)
      }
    }
    guard pieces.indices.contains(unknownID) else {
      throw .invalid(
        file: file, place: "trainer_spec.unk_id", found: "\(unknownID)",
        expected: "an id below \(pieces.count)")
    }
    try stages.setSentencePiece(proto)
    let ids = { (name: String, fallback: String) throws(TokenizerError) in
      try settings.ids([name: fallback], vocabulary)
    }
    var around: (before: [(String, Int)], after: [(String, Int)]) = ([], [])
    if family == "t5" {
      around.after = try ids("eos_token", "</s>")
    } else {
      if try settings.bool("add_bos_token", default: true) {
        around.before = try ids("bos_token", "<s>")
      }
      if try settings.bool("add_eos_token", default: false) {
        around.after = try ids("eos_token", "</s>")
      }
    }
    try stages.set(
      "post_processor",
      StageList.template(
        before: around.before, after: around.after, doubled: false,
        secondType: family == "t5" ? 0 : 1))
    switch proto.algorithm {
    case 1:
      var options = Section(
        [
          .init(key: "unk_id", value: .number(Double(unknownID))),
          .init(key: "byte_fallback", value: .bool(proto.fallsBackToBytes)),
        ], file: file)
      options.cutsText = settings.cutsText
      return try stages.tokenizer(
        try Unigram(options, vocabulary: vocabulary, scores: pieces.map { Double($0.score) }))
    case 2:
      let ranks = ScoredPieces.ranks(pieces.map(\.score)) { [1, 4, 5].contains(pieces[$0].kind) }
      return try stages.tokenizer(
        BPE(
          vocabulary: vocabulary,
          pairs: settings.cutsText ? ScoredPieces.merges(vocabulary, ranks: ranks) : .empty,
          options: .init(
            unknown: pieces[unknownID].text, fusesUnknown: true,
            fallsBackToBytes: proto.fallsBackToBytes)))
    default:
      throw .unsupportedOption(
        file: file, place: "trainer_spec.model_type", value: "\(proto.algorithm)")
    }
  }
}

extension StageList {
  /// Normalizer, pre-tokenizer and decoder of a SentencePiece model.
  mutating func setSentencePiece(
    _ proto: SentencePieceModel
  ) throws(TokenizerError) {
    var steps: [String] = []
    if !proto.charactersMap.isEmpty {
      let map = Data(proto.charactersMap).base64EncodedString()
      steps.append(#"{"type":"Precompiled","precompiled_charsmap":"\#(map)"}"#)
    }
    guard proto.algorithm == 1 else {
      if proto.addsPrefix { steps.append(#"{"type":"Prepend","prepend":"▁"}"#) }
      steps.append(#"{"type":"Replace","pattern":{"String":" "},"content":"▁"}"#)
      try set(
        "normalizer", #"{"type":"Sequence","normalizers":[\#(steps.joined(separator: ","))]}"#)
      try set("decoder", StageList.metaspaceDecoder(strips: proto.addsPrefix))
      return
    }
    steps += [
      #"{"type":"Strip","strip_left":false,"strip_right":true}"#,
      #"{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}"#,
    ]
    let scheme = proto.addsPrefix ? "always" : "never"
    let metaspace = #"{"type":"Metaspace","replacement":"▁","prepend_scheme":"\#(scheme)"}"#
    try set("normalizer", #"{"type":"Sequence","normalizers":[\#(steps.joined(separator: ","))]}"#)
    try set("pre_tokenizer", metaspace)
    try set("decoder", metaspace)
  }
}
