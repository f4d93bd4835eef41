extension Tokenizer {
  /// The tokens of `text`.
  ///
  /// - Parameters:
  ///   - pair: A second text, where the model takes two; its tokens' offsets count from its own start.
  ///   - addSpecial: Whether to add what the post-processor adds, such as a BOS.
  public func encode(_ text: String, pair: String? = nil, addSpecial: Bool = true) -> Encoding {
    encode(Array(text.utf8), pair: pair.map { Array($0.utf8) }, addSpecial: addSpecial)
  }

  /// The tokens of a text given as bytes.
  ///
  /// A byte string that is no UTF-8 is read as Python's `errors="replace"` does. Offsets are always
  /// bytes of the original, and they are never trimmed: where the pre-tokenizer drops nothing,
  /// tokens lie side by side and cover all of it.
  ///
  /// - Parameters:
  ///   - pair: A second text; its tokens' offsets count from its own start.
  ///   - addSpecial: Whether to add what the post-processor adds, such as a BOS.
  /// - Complexity: O(n log n) in the longest word, else O(n).
  public func encode(_ bytes: [UInt8], pair: [UInt8]? = nil, addSpecial: Bool = true) -> Encoding {
    let template = (addSpecial ? self.template : nil) ?? .plain
    let parts = pair == nil ? template.single : template.pair
    var encoding = Encoding(tokens: [], added: [])
    for (index, part) in parts.enumerated() {
      switch part.content {
      case .first: append(bytes, to: &encoding)
      case .second: append(pair ?? [], to: &encoding)
      case .token(let id):
        let edge = encoding.tokens.last?.end ?? 0
        encoding.tokens.append(token(id, start: edge, end: edge))
        let isBefore = !parts[..<index].contains { $0.content == .first || $0.content == .second }
        let name = role(of: id, isBefore: isBefore)
        if !encoding.added.contains(name) { encoding.added.append(name) }
      }
      let new = encoding.tokens.count - encoding.typeIDs.count
      encoding.typeIDs.append(contentsOf: repeatElement(part.typeID, count: new))
    }
    return encoding
  }

  /// The ids of a text given as bytes, special tokens of the post-processor not added.
  ///
  /// Cheaper than `encode` for long texts.
  public func ids(_ bytes: [UInt8]) -> [Int] { tokenize(bytes).tokens.map { Int($0.id) } }

  private func append(_ bytes: [UInt8], to encoding: inout Encoding) {
    let (tokens, text) = tokenize(bytes)
    encoding.tokens.reserveCapacity(encoding.tokens.count + tokens.count)
    for found in tokens {
      let range = text.origin(found.start, found.end)
      encoding.tokens.append(
        token(Int(found.id), start: range.lowerBound, end: range.upperBound))
    }
  }

  /// What a special token that was added is for.
  private func role(of id: Int, isBefore: Bool) -> String {
    let name = piece(id)?.lowercased() ?? ""
    if name.contains("cls") { return "cls" }
    if name.contains("sep") { return "sep" }
    return isBefore ? "bos" : "eos"
  }

  func token(_ id: Int, start: Int, end: Int) -> Token {
    Token(
      id: id, piece: piece(id) ?? "", bytes: bytes(id) ?? [], start: start, end: end,
      isSpecial: isSpecial(id))
  }
}
