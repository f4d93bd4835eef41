/// A word is a token, or it is unknown.
struct WordLevel: TokenModel {
  static let type = "WordLevel"

  let vocabulary: Vocabulary
  private let unknown: Int32

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "vocab", "unk_token"])
    vocabulary = try Vocabulary(section, key: "vocab")
    guard let id = vocabulary.id(of: try section.optionalString("unk_token") ?? "<unk>") else {
      throw section.wrong("unk_token", expected: "a piece of model.vocab")
    }
    unknown = Int32(id)
  }

  func tokenize(_ text: Segments, into tokens: inout [ModelToken]) {
    for segment in text.segments {
      let id =
        segment.token.map { Int32($0) }
        ?? vocabulary.table.find(text.spelling(of: segment.start..<segment.end)) ?? unknown
      tokens.append(ModelToken(id: id, start: segment.start, end: segment.end))
    }
  }
}

extension Segments {
  /// The bytes in `range`, or their stand-ins, as the vocabulary spells them.
  func spelling(of range: Range<Int>) -> ArraySlice<UInt8> {
    guard isByteLevel else { return bytes[range] }
    var spelling: [UInt8] = []
    for byte in bytes[range] {
      spelling.append(contentsOf: UTF8.encode(ByteAlphabet.scalars[Int(byte)]) ?? .init())
    }
    return spelling[...]
  }
}
