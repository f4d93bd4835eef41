/// `▁`, which SentencePiece writes for a space.
enum Metaspace {
  /// Its three bytes.
  static let bytes: [UInt8] = [0xE2, 0x96, 0x81]

  /// Whether `▁` stands only at the beginning of pieces, or after another one, and is a piece.
  ///
  /// Then no token reaches from one word into the next, and a text without pre-tokenizer, one word
  /// to the model, can be cut into words that are looked up when they come again.
  static func beginsWords(_ vocabulary: Vocabulary) -> Bool {
    guard vocabulary.table.find(bytes) != nil else { return false }
    return vocabulary.pieces.allSatisfy { piece in
      guard let piece else { return true }
      var text = piece.utf8[...]
      while text.starts(with: bytes) { text = text.dropFirst(bytes.count) }
      guard text.contains(0xE2) else { return true }
      return !Array(text).indices.contains { isOne(Array(text), $0) }
    }
  }

  /// Cuts text before each run of them.
  static func cut(_ text: inout Segments) {
    text.split { bytes, segment, pieces in
      var start = segment.start
      var position = segment.start
      while position < segment.end {
        guard isOne(bytes, position) else {
          position += 1
          continue
        }
        if position > start { pieces.append(.init(start: start, end: position)) }
        start = position
        while position < segment.end, isOne(bytes, position) { position += 3 }
      }
      pieces.append(.init(start: start, end: segment.end))
    }
  }

  @inline(__always)
  private static func isOne(_ bytes: [UInt8], _ position: Int) -> Bool {
    bytes[position] == 0xE2 && position + 2 < bytes.count && bytes[position + 1] == 0x96
      && bytes[position + 2] == 0x81
  }
}
