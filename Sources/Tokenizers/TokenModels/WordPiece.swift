/// The longest piece that a word begins with, then the longest of the rest, and so on; a word that
/// cannot be made of pieces is unknown as a whole.
///
/// Source: Wu et al. 2016, "Google's Neural Machine Translation System"; `tokenizers`,
/// `tokenizers/src/models/wordpiece/mod.rs`.
struct WordPiece: TokenModel {
  static let type = "WordPiece"

  let vocabulary: Vocabulary
  private let unknown: Int32
  private let prefix: [UInt8]
  private let longestWord: Int
  /// Pieces that begin words, and, without their prefix, those that go on.
  private let beginnings, continuations: ByteTrie

  init(_ section: Section) throws(TokenizerError) {
    try section.allow([
      "type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word",
    ])
    self = try WordPiece(
      section, vocabulary: try Vocabulary(section, key: "vocab"))
  }

  /// The options of `section` over a vocabulary read elsewhere.
  init(_ section: Section, vocabulary: Vocabulary) throws(TokenizerError) {
    self.vocabulary = vocabulary
    guard let id = vocabulary.id(of: try section.optionalString("unk_token") ?? "[UNK]") else {
      throw section.wrong("unk_token", expected: "a piece of model.vocab")
    }
    unknown = Int32(id)
    prefix = Array((try section.optionalString("continuing_subword_prefix") ?? "##").utf8)
    longestWord = try section.count("max_input_chars_per_word", default: 100)
    var beginnings = ByteTrie(capacity: vocabulary.pieces.count * 8)
    var continuations = ByteTrie(capacity: vocabulary.pieces.count * 4)
    for (id, piece) in vocabulary.pieces.enumerated() where section.cutsText {
      guard let piece, vocabulary.id(of: piece) == id else { continue }
      beginnings.insert(piece.utf8, Int32(id))
      if piece.utf8.starts(with: prefix) {
        continuations.insert(piece.utf8.dropFirst(prefix.count), Int32(id))
      }
    }
    self.beginnings = beginnings
    self.continuations = continuations
  }

  func tokenize(_ text: Segments, into tokens: inout [ModelToken]) {
    var text = text
    text.spellOut()
    let bytes = text.bytes
    tokenizeWords(of: text, into: &tokens) { word, tokens in
      let first = tokens.count
      let characters = bytes[word].count { $0 & 0xC0 != 0x80 }
      var position = word.lowerBound
      while characters <= longestWord, position < word.upperBound {
        let trie = position == word.lowerBound ? beginnings : continuations
        var node = ByteTrie.root
        var best: (id: Int32, end: Int)?
        var end = position
        while end < word.upperBound {
          node = trie.child(node, bytes[end])
          guard node >= 0 else { break }
          end += 1
          if trie.value(node) >= 0 { best = (trie.value(node), end) }
        }
        guard let best else { break }
        tokens.append(ModelToken(id: best.id, start: position, end: best.end))
        position = best.end
      }
      guard position < word.upperBound else { return }
      tokens.removeLast(tokens.count - first)
      tokens.append(ModelToken(id: unknown, start: word.lowerBound, end: word.upperBound))
    }
  }
}
