extension Tokenizer {
  /// A file of lines with a byte string in base64 and its rank, which is its id.
  ///
  /// Source: openai/tiktoken, `src/lib.rs`: of two byte strings side by side those merge whose
  /// joined one has the lowest rank; a word that has a rank is taken whole.
  static func tiktoken(
    _ settings: TokenizerSettings, file: String, bytes: [UInt8]
  ) throws(TokenizerError) -> Tokenizer {
    let lines = bytes.split(separator: 0x0A)
    var spellings: [[UInt8]?] = []
    var table = ByteTable(capacity: lines.count)
    for (number, line) in lines.enumerated() {
      let parts = line.split(separator: 0x20)
      guard parts.count == 2, let text = Base64.bytes(parts[0]), !text.isEmpty,
        let id = Int(String(decoding: parts[1], as: UTF8.self).filter { $0 != "\r" }),
        id >= 0, id < 1 << 20 || id / 64 < lines.count, id < Section.idLimit
      else {
        throw .invalid(
          file: file, place: "line \(number + 1)",
          found: "\"\(String(decoding: line.prefix(40), as: UTF8.self))\"",
          expected: "a text in base64 and its rank")
      }
      while spellings.count <= id { spellings.append(nil) }
      spellings[id] = text
      table.insert(text, Int32(id))
    }
    // Spelled as in tokenizer.json, each byte by its stand-in.
    var vocabulary = Vocabulary(capacity: spellings.count)
    for (id, spelling) in spellings.enumerated() {
      guard let spelling else { continue }
      var piece = ""
      for byte in spelling { piece.unicodeScalars.append(ByteAlphabet.scalars[Int(byte)]) }
      vocabulary.insert(piece, id: id)
    }
    let pairs =
      settings.cutsText
      ? ScoredPieces.merges(
        spellings: spellings, ranks: Array(0..<spellings.count), find: { table.find($0) })
      : .empty
    var stages = StageList(file: file)
    let pattern =
      try ["o200k", "gptoss"].contains(settings.family)
      ? KnownPatterns.o200k : KnownPatterns.llama3
    try stages.set("pre_tokenizer", StageList.byteLevel([pattern]))
    try stages.set("decoder", #"{"type":"ByteLevel"}"#)
    try settings.addTokens(to: &stages, vocabulary: vocabulary)
    return try stages.tokenizer(
      BPE(vocabulary: vocabulary, pairs: pairs, options: .init(ignoresMerges: true)))
  }
}
