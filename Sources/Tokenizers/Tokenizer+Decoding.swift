extension Tokenizer {
  /// How many ids have a piece.
  public var vocabularySize: Int { pieces.count { $0 != nil } }

  /// The spelling of `id` in the vocabulary, such as `Ġthe`; nil for an id that is not used.
  public func piece(_ id: Int) -> String? { pieces.indices.contains(id) ? pieces[id] : nil }

  /// The bytes that `id` stands for, not always whole characters; nil for an id that is not used.
  public func bytes(_ id: Int) -> [UInt8]? {
    guard let piece = piece(id) else { return nil }
    guard let decoder, !addedIDs.contains(id) else { return Array(piece.utf8) }
    return decoder.bytes(of: Array(piece.utf8))
  }

  /// Whether `id` is a special token.
  public func isSpecial(_ id: Int) -> Bool { specialIDs.contains(id) }

  /// The text of `ids`, as bytes; ids that are not used stand for nothing.
  ///
  /// - Parameter skipSpecial: Whether to leave special tokens out.
  public func decode(_ ids: [Int], skipSpecial: Bool = false) -> [UInt8] {
    let kept = ids.compactMap { id in
      skipSpecial && isSpecial(id) ? nil : piece(id).map { Array($0.utf8) }
    }
    // The library joins with spaces where no decoder knows better.
    guard let decoder else { return Array(kept.joined(separator: [UInt8(ascii: " ")])) }
    return Array(decoder.decode(kept).joined())
  }

  /// Tokens for ids given without a text: offsets run over the text that the ids stand for, blanks between
  /// words included.
  ///
  /// An id that is not used becomes a token without piece and bytes: whether the model takes it is
  /// not for the tokenizer to say.
  public func tokens(ids: [Int]) -> [Token] {
    var end = 0
    return ids.enumerated().map { place, id in
      let start = end + (place > 0 && standsApart(id, after: ids[place - 1]) ? 1 : 0)
      end = start + (bytes(id)?.count ?? 0)
      return token(id, start: start, end: end)
    }
  }

  /// Whether decoding puts a blank between two ids that neither of them holds.
  private func standsApart(_ id: Int, after previous: Int) -> Bool {
    guard let first = piece(previous), let second = piece(id) else { return false }
    guard let decoder else { return true }
    let decoded = decoder.decode([Array(first.utf8), Array(second.utf8)])
    let blank = UInt8(ascii: " ")
    return decoded.count == 2 && decoded[1].first == blank && bytes(id)?.first != blank
  }
}
