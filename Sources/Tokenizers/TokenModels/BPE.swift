/// Byte-pair encoding: the earliest learned of all neighbouring pairs merges, the leftmost first,
/// until none is left.
///
/// Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units";
/// ties and unknown characters as in the `tokenizers` library, `tokenizers/src/models/bpe/`.
struct BPE: TokenModel {
  static let type = "BPE"

  let vocabulary: Vocabulary
  let pairs: PairTable
  /// The token of each byte's stand-in, -1 where it has none.
  let byteTokens: [Int32]
  /// The token for a character without one; without it such a character is dropped.
  let unknown: Int32?
  /// Whether unknown characters side by side become one token.
  let fusesUnknown: Bool
  /// Whether a word that is a piece is taken whole, whatever the merges say.
  let ignoresMerges: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow([
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
      "byte_fallback", "ignore_merges", "vocab", "merges",
    ])
    try section.refuse("dropout") { if case .number(0) = $0 { true } else { false } }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      // Converted GPT-2 files have the empty text.
      try section.refuse(key) { if case .string("") = $0 { true } else { false } }
    }
    try section.refuse("byte_fallback") { if case .bool(false) = $0 { true } else { false } }
    let vocabulary = try Vocabulary(section, key: "vocab")
    self.vocabulary = vocabulary
    pairs = try Self.merges(section, vocabulary)
    byteTokens = ByteAlphabet.scalars.map { vocabulary.id(of: String($0)).map { Int32($0) } ?? -1 }
    fusesUnknown = try section.bool("fuse_unk", default: false)
    ignoresMerges = try section.bool("ignore_merges", default: false)
    if let piece = try section.optionalString("unk_token") {
      guard let id = vocabulary.id(of: piece) else {
        throw section.wrong("unk_token", expected: "a piece of model.vocab")
      }
      unknown = Int32(id)
    } else {
      unknown = nil
    }
  }

  /// The list `merges`: `"a b"` or, in newer files, `["a", "b"]`.
  private static func merges(_ section: Section, _ vocabulary: Vocabulary) throws(TokenizerError)
    -> PairTable
  {
    let list = try section.array("merges")
    var table = PairTable(capacity: list.count)
    var joined: [UInt8] = []
    for (rank, merge) in list.enumerated() {
      guard let (left, right) = parts(of: merge) else {
        throw .invalid(
          file: section.file, place: "\(section.place(of: "merges"))[\(rank)]", found: merge.kind,
          expected: "two pieces")
      }
      joined.removeAll(keepingCapacity: true)
      joined.append(contentsOf: left.utf8)
      joined.append(contentsOf: right.utf8)
      guard let leftID = vocabulary.table.find(left.utf8),
        let rightID = vocabulary.table.find(right.utf8),
        let merged = vocabulary.table.find(joined)
      else {
        let pieces = [String(left), String(right), String(left) + String(right)]
        throw .unknownInMerge(
          file: section.file, merge: "\(left) \(right)", number: rank,
          token: pieces.first { vocabulary.id(of: $0) == nil } ?? "")
      }
      table.insert(leftID, rightID, rank: rank, merged: merged)
    }
    return table
  }

  private static func parts(of merge: JSONTree) -> (left: Substring, right: Substring)? {
    switch merge {
    case .string(let text):
      // Of bytes: a space and a combining mark after it would be one Character.
      guard let space = text.utf8.firstIndex(of: UInt8(ascii: " ")) else { return nil }
      let right = text.utf8.index(after: space)
      guard !text.utf8[right...].contains(UInt8(ascii: " ")) else { return nil }
      return (text[..<space], text[right...])
    case .array(let parts):
      guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1]
      else { return nil }
      return (left[...], right[...])
    default: return nil
    }
  }

  func tokenize(_ text: Segments, into tokens: inout [ModelToken]) {
    var cache = WordCache()
    var merger = Merger()
    for segment in text.segments {
      if let id = segment.token {
        tokens.append(
          ModelToken(id: Int32(id), start: Int32(segment.start), end: Int32(segment.end)))
        continue
      }
      let slot = cache.slot(of: segment.start..<segment.end, in: text.bytes)
      if let known = cache.tokens(at: slot) {
        // The earlier word's tokens, moved here.
        let shift = Int32(segment.start) &- known.start
        for index in known.tokens {
          let token = tokens[index]
          tokens.append(
            ModelToken(id: token.id, start: token.start &+ shift, end: token.end &+ shift))
        }
        continue
      }
      let first = tokens.count
      tokenize(segment.start..<segment.end, of: text, &merger, into: &tokens)
      cache.store(first..<tokens.count, word: segment.start..<segment.end, at: slot)
    }
  }

  private func tokenize(
    _ word: Range<Int>, of text: Segments, _ merger: inout Merger, into tokens: inout [ModelToken]
  ) {
    if ignoresMerges, let id = vocabulary.table.find(text.spelling(of: word)) {
      tokens.append(ModelToken(id: id, start: Int32(word.lowerBound), end: Int32(word.upperBound)))
      return
    }
    merger.removeAll()
    var unknownEnd: Int?
    var position = word.lowerBound
    while position < word.upperBound {
      let (id, length) = symbol(at: position, of: text)
      let start = position
      position += length
      if let id {
        merger.append(id, start: start, end: position)
        unknownEnd = nil
      } else if let unknown {
        if fusesUnknown, unknownEnd != nil {
          merger.extendLast(to: position)
        } else {
          merger.append(unknown, start: start, end: position)
        }
        unknownEnd = position
      }
    }
    merger.merge(pairs)
    merger.emit(into: &tokens)
  }

  /// The token of the character, or byte, at `position`.
  @inline(__always)
  private func symbol(at position: Int, of text: Segments) -> (id: Int32?, length: Int) {
    if text.isByteLevel {
      let id = byteTokens[Int(text.bytes[position])]
      return (id < 0 ? nil : id, 1)
    }
    let length = ScalarScanner.scalar(in: text.bytes, at: position).length
    return (vocabulary.table.find(text.bytes[position..<(position + length)]), length)
  }
}
