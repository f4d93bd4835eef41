/// Tokens that are found in the text as they are written, before anything else looks at it.
///
/// Source: `AddedVocabulary` of the `tokenizers` library,
/// `tokenizers/src/tokenizer/added_vocabulary.rs`.
struct AddedTokens: Sendable {
  /// One of them.
  struct Added: Sendable {
    let id: Int
    let content: String
    let isSpecial: Bool
    /// Whether it must stand alone, not inside a word.
    let singleWord: Bool
    /// Whether it takes the white space before it.
    let stripsLeft: Bool
    /// Whether it takes the white space after it.
    let stripsRight: Bool
    /// Whether it is looked for after normalization.
    let isNormalized: Bool
  }

  /// All of them, as listed.
  let all: [Added]
  private let raw: Finder
  private let normalized: Finder

  /// The list under `added_tokens`; a token that the model's vocabulary has too keeps the model's
  /// id.
  ///
  /// - Parameter normalizer: What the text goes through before normalized tokens are looked for; so
  ///   do they themselves.
  init(
    _ sections: [Section], vocabulary: Vocabulary, normalizer: (any Normalizer)?
  ) throws(TokenizerError) {
    var all: [Added] = []
    for section in sections {
      try section.allow([
        "id", "content", "special", "single_word", "lstrip", "rstrip", "normalized",
      ])
      let content = try section.string("content")
      let id = try section.id("id")
      guard id < vocabulary.pieces.count + 1 << 20 else {
        throw section.wrong("id", expected: "a number near those of the vocabulary")
      }
      all.append(
        Added(
          id: vocabulary.id(of: content) ?? id, content: content,
          isSpecial: try section.bool("special", default: false),
          singleWord: try section.bool("single_word", default: false),
          stripsLeft: try section.bool("lstrip", default: false),
          stripsRight: try section.bool("rstrip", default: false),
          isNormalized: try section.bool("normalized", default: true)))
    }
    self.all = all
    raw = Finder(all.filter { !$0.isNormalized }, spelling: { Array($0.utf8) })
    normalized = Finder(all.filter(\.isNormalized)) { content in
      var text = Segments(Array(content.utf8))
      normalizer?.normalize(&text)
      return text.bytes
    }
  }

  /// Cuts the tokens out of raw text.
  func cutRaw(_ text: inout Segments) { raw.cut(&text) }

  /// Cuts the tokens out of normalized text.
  func cutNormalized(_ text: inout Segments) { normalized.cut(&text) }
}

/// Finds the leftmost, and of those the longest, of several byte strings.
private struct Finder: Sendable {
  /// A node of the trie.
  private struct Node {
    var children: [UInt8: Int] = [:]
    var token: Int?
  }

  private let tokens: [AddedTokens.Added]
  private var nodes = [Node()]
  /// Whether any token starts with the byte: most positions end here.
  private var starts = [Bool](repeating: false, count: 256)

  init(_ tokens: [AddedTokens.Added], spelling: (String) -> [UInt8]) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() {
      let bytes = spelling(token.content)
      // An empty token would be found everywhere; the library leaves it out too.
      guard !token.content.isEmpty, !bytes.isEmpty else { continue }
      var node = 0
      for byte in bytes {
        if let next = nodes[node].children[byte] {
          node = next
        } else {
          nodes.append(Node())
          nodes[node].children[byte] = nodes.count - 1
          node = nodes.count - 1
        }
      }
      nodes[node].token = index
      if let first = bytes.first { starts[Int(first)] = true }
    }
  }

  func cut(_ text: inout Segments) {
    guard !tokens.isEmpty else { return }
    text.split { bytes, segment, pieces in
      var position = segment.start
      var done = segment.start
      while position < segment.end {
        guard starts[Int(bytes[position])],
          let (index, length) = longest(in: bytes, at: position, limit: segment.end)
        else {
          position += 1
          continue
        }
        let found = position..<(position + length)
        position = found.upperBound
        let token = tokens[index]
        if token.singleWord, touchesWord(found, in: bytes, segment) { continue }
        var (start, end) = (found.lowerBound, found.upperBound)
        if token.stripsLeft { start = leftOfSpace(start, in: bytes, limit: done) }
        if token.stripsRight { end = rightOfSpace(end, in: bytes, limit: segment.end) }
        start = max(start, done)
        guard end > start else { continue }
        if done < start { pieces.append(.init(start: done, end: start)) }
        pieces.append(.init(start: start, end: end, token: token.id))
        done = end
      }
      if done < segment.end { pieces.append(.init(start: done, end: segment.end)) }
    }
  }

  private func longest(in bytes: [UInt8], at start: Int, limit: Int) -> (index: Int, length: Int)? {
    var node = 0
    var best: (Int, Int)?
    var position = start
    while position < limit, let next = nodes[node].children[bytes[position]] {
      node = next
      position += 1
      if let token = nodes[node].token { best = (token, position - start) }
    }
    return best
  }

  private func touchesWord(
    _ found: Range<Int>, in bytes: [UInt8], _ segment: Segments.Segment
  ) -> Bool {
    if found.lowerBound > segment.start {
      let before = ScalarScanner.start(before: found.lowerBound, in: bytes)
      if ScalarScanner.isWord(ScalarScanner.scalar(in: bytes, at: before).value) { return true }
    }
    guard found.upperBound < segment.end else { return false }
    return ScalarScanner.isWord(ScalarScanner.scalar(in: bytes, at: found.upperBound).value)
  }

  private func leftOfSpace(_ position: Int, in bytes: [UInt8], limit: Int) -> Int {
    var position = position
    while position > limit {
      let before = ScalarScanner.start(before: position, in: bytes)
      guard ScalarScanner.isSpace(ScalarScanner.scalar(in: bytes, at: before).value) else { break }
      position = before
    }
    return position
  }

  private func rightOfSpace(_ position: Int, in bytes: [UInt8], limit: Int) -> Int {
    var position = position
    while position < limit {
      let (value, length) = ScalarScanner.scalar(in: bytes, at: position)
      guard ScalarScanner.isSpace(value) else { break }
      position += length
    }
    return position
  }
}
