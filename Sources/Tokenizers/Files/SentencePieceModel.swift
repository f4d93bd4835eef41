/// The fields of a SentencePiece model that decide how text is cut.
///
/// Source: google/sentencepiece, `src/sentencepiece_model.proto`.
struct SentencePieceModel {
  /// One piece.
  struct Piece {
    var text = ""
    var score: Float = 0
    /// 1 plain, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 a byte.
    var kind = 1
  }

  var pieces: [Piece] = []
  /// 1 Unigram, 2 BPE, 3 words, 4 characters.
  var algorithm = 1
  var fallsBackToBytes = false
  var unknownID = 0
  var charactersMap: [UInt8] = []
  var addsPrefix = true

  /// A Unigram model whose pieces are kept elsewhere.
  init(unigramRules: [UInt8], addsPrefix: Bool) {
    (charactersMap, self.addsPrefix) = (unigramRules, addsPrefix)
  }

  /// Reads the bytes of a model file; nil when they are none.
  init?(_ bytes: [UInt8]) {
    var reader = ProtobufReader(bytes[...])
    while let field = reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let body)):
        var piece = Piece()
        var inner = ProtobufReader(body)
        while let field = inner.next() {
          switch (field.number, field.value) {
          case (1, .bytes(let text)):
            guard let text = String(validating: text, as: UTF8.self) else { return nil }
            piece.text = text
          case (2, .word(let bits)): piece.score = Float(bitPattern: bits)
          case (3, .number(let kind)): piece.kind = Int(truncatingIfNeeded: kind)
          default: break
          }
        }
        guard !inner.isBroken, piece.score.isFinite else { return nil }
        pieces.append(piece)
      case (2, .bytes(let body)):
        var inner = ProtobufReader(body)
        while let field = inner.next() {
          guard case .number(let value) = field.value else { continue }
          switch field.number {
          case 3: algorithm = Int(truncatingIfNeeded: value)
          case 35: fallsBackToBytes = value != 0
          case 40: unknownID = Int(truncatingIfNeeded: value)
          default: break
          }
        }
        guard !inner.isBroken else { return nil }
      case (3, .bytes(let body)):
        var inner = ProtobufReader(body)
        while let field = inner.next() {
          switch (field.number, field.value) {
          case (2, .bytes(let map)): charactersMap = Array(map)
          case (3, .number(let value)): addsPrefix = value != 0
          default: break
          }
        }
        guard !inner.isBroken else { return nil }
      default: break
      }
    }
    guard !reader.isBroken, !pieces.isEmpty else { return nil }
  }
}

/// Fields of a protobuf message, one after the other; lengths that lie end the message.
struct ProtobufReader {
  /// What a field holds.
  enum Value {
    case number(UInt64)
    case word(UInt32)
    case bytes(ArraySlice<UInt8>)
    case other
  }

  private var rest: ArraySlice<UInt8>
  /// Whether the message ended in the middle of a field.
  private(set) var isBroken = false

  /// A message.
  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field; nil at the end.
  mutating func next() -> (number: Int, value: Value)? {
    guard !rest.isEmpty, !isBroken else { return nil }
    guard let key = varint() else { return nil }
    let number = Int(truncatingIfNeeded: key >> 3)
    switch key & 7 {
    case 0:
      guard let value = varint() else { return nil }
      return (number, .number(value))
    case 1:
      guard take(8) != nil else { return nil }
      return (number, .other)
    case 2:
      guard let length = varint(), let body = take(length) else { return nil }
      return (number, .bytes(body))
    case 5:
      guard let body = take(4) else { return nil }
      return (number, .word(body.reversed().reduce(0) { $0 << 8 | UInt32($1) }))
    default:
      isBroken = true
      return nil
    }
  }

  private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
    guard count <= UInt64(rest.count) else {
      isBroken = true
      return nil
    }
    let taken = rest.prefix(Int(count))
    rest = rest.dropFirst(Int(count))
    return taken
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    isBroken = true
    return nil
  }
}
