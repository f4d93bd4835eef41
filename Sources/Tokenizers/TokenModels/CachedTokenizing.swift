extension TokenModel {
  /// Tokens of all segments, where a word's tokens depend on its bytes alone: words that come again
  /// are looked up.
  @inline(__always)
  func tokenizeWords(
    of text: Segments, into tokens: inout [ModelToken],
    _ word: (_ range: Range<Int>, _ tokens: inout [ModelToken]) -> Void
  ) {
    var cache = WordCache()
    for segment in text.segments {
      if let id = segment.token {
        tokens.append(ModelToken(id: Int32(id), start: segment.start, end: segment.end))
        continue
      }
      let range = segment.start..<segment.end
      let slot = cache.slot(of: range, in: text.bytes)
      if let known = cache.tokens(at: slot) {
        // The earlier word's tokens, moved here.
        let shift = segment.start &- known.start
        for index in known.tokens {
          let token = tokens[index]
          tokens.append(
            ModelToken(id: token.id, start: token.start &+ shift, end: token.end &+ shift))
        }
        continue
      }
      let first = tokens.count
      word(range, &tokens)
      cache.store(first..<tokens.count, word: range, at: slot)
    }
  }
}
