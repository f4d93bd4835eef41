/// Byte-pair encoding: the earliest learned of all neighbouring pairs merges, the leftmost first,
/// until none is left.
///
/// Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units";
/// ties and unknown characters as in the `tokenizers` library, `tokenizers/src/models/bpe/`.
struct BPE: TokenModel {
  static let type = "BPE"

  let vocabulary: Vocabulary
  let pairs: PairTable
  /// What the file says beyond pieces and merges.
  let options: Options
  /// The token of each byte's stand-in, -1 where it has none.
  let byteTokens: [Int32]
  /// The ids of `<0x00>` and on; nil where unknown characters do not fall back to bytes.
  private let fallbackTokens: [Int32]?
  /// The token for a character without one; without it such a character is dropped.
  private let unknown: Int32?
  /// Whether no piece goes on past the beginning of a word, so that each word is a text of its own.
  private let cutsAtMetaspace: Bool

  /// What the file says beyond pieces and merges.
  struct Options: Sendable {
    /// The piece for a character without one.
    var unknown: String?
    /// Whether unknown characters side by side become one token.
    var fusesUnknown = false
    /// Whether unknown characters become the tokens of their bytes.
    var fallsBackToBytes = false
    /// Whether a word that is a piece is taken whole, whatever the merges say.
    var ignoresMerges = false
    /// Before all characters of a word but the first.
    var prefix: [UInt8] = []
    /// After the last character of a word.
    var suffix: [UInt8] = []
  }

  init(_ section: Section) throws(TokenizerError) {
    try section.allow([
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
      "byte_fallback", "ignore_merges", "vocab", "merges",
    ])
    try section.refuse("dropout") { if case .number(0) = $0 { true } else { false } }
    var options = Options()
    options.prefix = Array((try section.optionalString("continuing_subword_prefix") ?? "").utf8)
    options.suffix = Array((try section.optionalString("end_of_word_suffix") ?? "").utf8)
    options.fusesUnknown = try section.bool("fuse_unk", default: false)
    options.ignoresMerges = try section.bool("ignore_merges", default: false)
    options.fallsBackToBytes = try section.bool("byte_fallback", default: false)
    options.unknown = try section.optionalString("unk_token")
    let vocabulary = try Vocabulary(section, key: "vocab")
    if let piece = options.unknown, vocabulary.id(of: piece) == nil {
      throw section.wrong("unk_token", expected: "a piece of model.vocab")
    }
    let pairs = try Self.merges(section, vocabulary, prefix: options.prefix)
    self.init(vocabulary: vocabulary, pairs: pairs, options: options)
  }

  /// Pieces and merges read elsewhere.
  init(vocabulary: Vocabulary, pairs: PairTable, options: Options) {
    self.vocabulary = vocabulary
    self.pairs = pairs
    self.options = options
    byteTokens = ByteAlphabet.scalars.map { vocabulary.id(of: String($0)).map { Int32($0) } ?? -1 }
    fallbackTokens = options.fallsBackToBytes ? ByteFallback.ids(vocabulary) : nil
    unknown = options.unknown.flatMap { vocabulary.id(of: $0) }.map { Int32($0) }
    cutsAtMetaspace =
      !options.ignoresMerges && options.prefix.isEmpty && options.suffix.isEmpty
      && Metaspace.beginsWords(vocabulary)
  }

  /// The list `merges`: `"a b"` or, in newer files, `["a", "b"]`.
  static func merges(
    _ section: Section, _ vocabulary: Vocabulary, prefix: [UInt8]
  ) throws(TokenizerError) -> PairTable {
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
      joined.append(contentsOf: right.utf8.dropFirst(prefix.count))
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
    var text = text
    if cutsAtMetaspace { Metaspace.cut(&text) }
    var merger = Merger()
    tokenizeWords(of: text, into: &tokens) { word, tokens in
      tokenize(word, of: text, &merger, into: &tokens)
    }
  }

  private func tokenize(
    _ word: Range<Int>, of text: Segments, _ merger: inout Merger, into tokens: inout [ModelToken]
  ) {
    if options.ignoresMerges, let id = vocabulary.table.find(text.spelling(of: word)) {
      tokens.append(ModelToken(id: id, start: word.lowerBound, end: word.upperBound))
      return
    }
    merger.removeAll()
    var waiting: Range<Int>?
    func finishUnknown(_ merger: inout Merger) {
      guard let range = waiting, let unknown else { return }
      merger.append(unknown, start: range.lowerBound, end: range.upperBound)
      waiting = nil
    }
    var position = word.lowerBound
    while position < word.upperBound {
      let (id, length) = symbol(at: position, of: text, word)
      let start = position
      position += length
      if let id {
        finishUnknown(&merger)
        merger.append(id, start: start, end: position)
      } else if appendBytes(start..<position, of: text, &merger) {
        // An unknown character before these waits until after them, as it does in the library.
        continue
      } else if let before = waiting, options.fusesUnknown {
        waiting = before.lowerBound..<position
      } else {
        finishUnknown(&merger)
        waiting = start..<position
      }
    }
    finishUnknown(&merger)
    merger.merge(pairs)
    merger.emit(into: &tokens)
  }

  /// Appends the tokens of single bytes; not where one of them has none.
  private func appendBytes(
    _ range: Range<Int>, of text: Segments, _ merger: inout Merger
  ) -> Bool {
    guard let fallbackTokens, !text.isByteLevel,
      !text.bytes[range].contains(where: { fallbackTokens[Int($0)] < 0 })
    else { return false }
    for position in range {
      merger.append(
        fallbackTokens[Int(text.bytes[position])], start: position, end: position + 1)
    }
    return true
  }

  /// The token of the character, or byte, at `position`.
  @inline(__always)
  private func symbol(
    at position: Int, of text: Segments, _ word: Range<Int>
  ) -> (id: Int32?, length: Int) {
    let isPlain = options.prefix.isEmpty && options.suffix.isEmpty
    if text.isByteLevel, isPlain {
      let id = byteTokens[Int(text.bytes[position])]
      return (id < 0 ? nil : id, 1)
    }
    let length =
      text.isByteLevel ? 1 : ScalarScanner.scalar(in: text.bytes, at: position).length
    let range = position..<(position + length)
    guard !isPlain else { return (vocabulary.table.find(text.bytes[range]), length) }
    let spelling = text.spelling(of: range)
    let isFirst = position == word.lowerBound
    let isLast = range.upperBound == word.upperBound
    let whole = (isFirst ? [] : options.prefix) + spelling + (isLast ? options.suffix : [])
    return (vocabulary.table.find(whole), length)
  }
}
