/// Turns pieces back into bytes.
protocol TokenDecoder: Stage {
  /// The bytes that a piece of the model stands for.
  func bytes(of piece: String) -> [UInt8]
}

/// The decoders that are implemented.
enum TokenDecoders {
  /// Alphabetical.
  static let all: [any TokenDecoder.Type] = [ByteLevelDecoder.self]
}

/// Stand-ins back to bytes; a piece that is not made of them stands for itself.
struct ByteLevelDecoder: TokenDecoder {
  static let type = "ByteLevel"

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "add_prefix_space", "trim_offsets", "use_regex"])
  }

  func bytes(of piece: String) -> [UInt8] { ByteAlphabet.bytes(of: piece) ?? Array(piece.utf8) }
}
