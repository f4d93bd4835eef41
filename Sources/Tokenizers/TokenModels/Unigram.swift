/// Of all ways to make a word of pieces the most probable, by dynamic programming from the left.
///
/// `score(word) = Σ score(piece)`, log probabilities; a character that no piece covers costs 10 more
/// than the least probable piece.
///
/// Source: Kudo 2018, "Subword Regularization"; ties and unknown characters as in `tokenizers`,
/// `tokenizers/src/models/unigram/model.rs`, `encode_optimized`.
struct Unigram: TokenModel {
  static let type = "Unigram"

  let vocabulary: Vocabulary
  private let scores: [Double]
  private let trie: ByteTrie
  private let unknown: Int32?
  private let unknownScore: Double
  /// The ids of single bytes; nil where characters that no piece covers are unknown.
  private let byteTokens: [Int32]?

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "vocab", "unk_id", "byte_fallback"])
    var vocabulary = Vocabulary(capacity: try section.array("vocab").count)
    var scores: [Double] = []
    for (id, entry) in try section.array("vocab").enumerated() {
      guard case .array(let parts) = entry, parts.count == 2, case .string(let piece) = parts[0],
        case .number(let score) = parts[1], score.isFinite
      else {
        throw .invalid(
          file: section.file, place: "\(section.place(of: "vocab"))[\(id)]", found: entry.kind,
          expected: "a piece and its score")
      }
      vocabulary.insert(piece, id: id)
      scores.append(score)
    }
    self = try Unigram(section, vocabulary: vocabulary, scores: scores)
  }

  /// The options of `section` over a vocabulary read elsewhere, `scores` by id.
  init(_ section: Section, vocabulary: Vocabulary, scores: [Double]) throws(TokenizerError) {
    self.vocabulary = vocabulary
    self.scores = scores
    unknown = section.value("unk_id") == nil ? nil : Int32(try section.id("unk_id"))
    if let unknown, Int(unknown) >= scores.count {
      throw section.wrong("unk_id", expected: "an id of model.vocab")
    }
    unknownScore = (scores.min() ?? 0) - 10
    var trie = ByteTrie(capacity: section.cutsText ? vocabulary.pieces.count * 8 : 0)
    for (id, piece) in vocabulary.pieces.enumerated() where section.cutsText {
      guard let piece else { continue }
      trie.insert(piece.utf8, Int32(id))
    }
    self.trie = trie
    let falls = try section.bool("byte_fallback", default: false)
    byteTokens = falls ? ByteFallback.ids(vocabulary) : nil
  }

  /// The best way to reach a position.
  private struct Step {
    var score = 0.0
    var id: Int32 = -1
    /// Where the piece that ends there begins; -1 while none does.
    var start = -1
  }

  func tokenize(_ text: Segments, into tokens: inout [ModelToken]) {
    var text = text
    text.spellOut()
    let bytes = text.bytes
    var steps: [Step] = []
    tokenizeWords(of: text, into: &tokens) { word, tokens in
      search(bytes, word, &steps)
      let first = tokens.count
      // From the end; unknown pieces side by side are one.
      var end = word.upperBound
      var unknownEnd: Int?
      while true {
        let step = end > word.lowerBound ? steps[end - word.lowerBound] : Step()
        let isUnknown = step.start >= 0 && step.id < 0
        if isUnknown {
          unknownEnd = unknownEnd ?? end
        } else {
          if let last = unknownEnd { appendUnknown(bytes, end..<last, &tokens) }
          unknownEnd = nil
          guard step.start >= 0 else { break }
          tokens.append(
            ModelToken(id: step.id, start: word.lowerBound + step.start, end: end))
        }
        end = word.lowerBound + step.start
      }
      tokens[first...].reverse()
    }
  }

  private func search(_ bytes: [UInt8], _ word: Range<Int>, _ steps: inout [Step]) {
    steps.removeAll(keepingCapacity: true)
    steps.append(contentsOf: repeatElement(Step(), count: word.count + 1))
    var start = 0
    while start < word.count {
      let length = ScalarScanner.scalar(in: bytes, at: word.lowerBound + start).length
      let score = steps[start].score
      var hasSingle = false
      var node = ByteTrie.root
      var end = start
      while end < word.count {
        node = trie.child(node, bytes[word.lowerBound + end])
        guard node >= 0 else { break }
        end += 1
        let id = trie.value(node)
        guard id >= 0 else { continue }
        let candidate = scores[Int(id)] + score
        if steps[end].start < 0 || candidate > steps[end].score {
          // The unknown piece stays unknown even where the text spells it.
          steps[end] = Step(score: candidate, id: id == unknown ? -1 : id, start: start)
        }
        if end - start == length { hasSingle = true }
      }
      if !hasSingle {
        let candidate = unknownScore + score
        if steps[start + length].start < 0 || candidate > steps[start + length].score {
          steps[start + length] = Step(score: candidate, id: -1, start: start)
        }
      }
      start += length
    }
  }

  /// Appends in reverse, as the caller goes.
  private func appendUnknown(
    _ bytes: [UInt8], _ range: Range<Int>, _ tokens: inout [ModelToken]
  ) {
    // Unknown characters together may happen to be a piece.
    if let id = vocabulary.table.find(bytes[range]) {
      tokens.append(ModelToken(id: id, start: range.lowerBound, end: range.upperBound))
    } else if let byteTokens, !bytes[range].contains(where: { byteTokens[Int($0)] < 0 }) {
      for position in range.reversed() {
        tokens.append(
          ModelToken(id: byteTokens[Int(bytes[position])], start: position, end: position + 1))
      }
    } else if let unknown {
      tokens.append(ModelToken(id: unknown, start: range.lowerBound, end: range.upperBound))
    }
  }
}
