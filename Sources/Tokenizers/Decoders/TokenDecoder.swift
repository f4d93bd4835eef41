/// Turns pieces back into bytes.
protocol TokenDecoder: Stage {
  /// The texts of a run of pieces, joined later; there may be fewer or more than pieces.
  func decode(_ pieces: [[UInt8]]) -> [[UInt8]]

  /// The bytes that one piece stands for in the middle of a text.
  func bytes(of piece: [UInt8]) -> [UInt8]
}

/// The decoders that are implemented.
enum TokenDecoders {
  /// Alphabetical.
  static let all: [any TokenDecoder.Type] = [
    BPEDecoder.self, ByteFallbackDecoder.self, ByteLevelDecoder.self, CTCDecoder.self,
    FuseDecoder.self, MetaspaceDecoder.self, ReplaceDecoder.self, SequenceDecoder.self,
    StripDecoder.self, WordPieceDecoder.self,
  ]
}

/// Several, one after the other.
struct SequenceDecoder: TokenDecoder {
  static let type = "Sequence"

  private let steps: [any TokenDecoder]

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "decoders"])
    var steps: [any TokenDecoder] = []
    for step in try section.sections("decoders") { steps.append(try step.decoder()) }
    self.steps = steps
  }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] { steps.reduce(pieces) { $1.decode($0) } }

  func bytes(of piece: [UInt8]) -> [UInt8] { steps.reduce(piece) { $1.bytes(of: $0) } }
}

/// Stand-ins back to bytes; a piece that is not made of them stands for itself.
struct ByteLevelDecoder: TokenDecoder {
  static let type = "ByteLevel"

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "add_prefix_space", "trim_offsets", "use_regex"])
  }

  // Bytes that are no UTF-8 stay: whoever shows them replaces them, as the library does here.
  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] { pieces.map(bytes) }

  func bytes(of piece: [UInt8]) -> [UInt8] { ByteAlphabet.bytes(of: piece) ?? piece }
}

/// Runs of `<0x00>` to `<0xFF>` back to characters; each byte of a run that is no UTF-8 is U+FFFD.
struct ByteFallbackDecoder: TokenDecoder {
  static let type = "ByteFallback"

  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] {
    var texts: [[UInt8]] = []
    var run: [UInt8] = []
    func finish() {
      guard !run.isEmpty else { return }
      if String(validating: run, as: UTF8.self) != nil {
        texts.append(run)
      } else {
        texts.append(contentsOf: repeatElement([0xEF, 0xBF, 0xBD], count: run.count))
      }
      run.removeAll()
    }
    for piece in pieces {
      if let byte = ByteFallback.byte(piece) {
        run.append(byte)
      } else {
        finish()
        texts.append(piece)
      }
    }
    finish()
    return texts
  }

  func bytes(of piece: [UInt8]) -> [UInt8] { ByteFallback.byte(piece).map { [$0] } ?? piece }
}

/// All texts made one, for the steps after it.
struct FuseDecoder: TokenDecoder {
  static let type = "Fuse"

  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] { [Array(pieces.joined())] }

  func bytes(of piece: [UInt8]) -> [UInt8] { piece }
}
