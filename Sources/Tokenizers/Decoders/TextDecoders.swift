/// A text, or what a pattern matches, replaced in each piece.
struct ReplaceDecoder: TokenDecoder {
  static let type = "Replace"

  private let pattern: SplitPattern
  private let content: [UInt8]

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "pattern", "content"])
    pattern = try SplitPattern(section)
    content = Array(try section.string("content").utf8)
  }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] { pieces.map(bytes) }

  func bytes(of piece: [UInt8]) -> [UInt8] {
    // A pattern wants UTF-8, which single bytes are not.
    if case .expression = pattern, String(validating: piece, as: UTF8.self) == nil { return piece }
    var result: [UInt8] = []
    var done = 0
    pattern.forEachMatch(in: piece, piece.indices) { match in
      result += piece[done..<match.lowerBound] + content
      done = match.upperBound
    }
    return result + piece[done...]
  }
}

/// A character out, so many times at most, at either end of each piece.
struct StripDecoder: TokenDecoder {
  static let type = "Strip"

  private let content: [UInt8]
  private let start, stop: Int

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "content", "start", "stop"])
    content = Array(try section.string("content").utf8)
    start = try section.count("start", default: 0)
    stop = try section.count("stop", default: 0)
  }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] {
    pieces.map { piece in
      guard !content.isEmpty else { return piece }
      var rest = piece[...]
      var taken = 0
      while taken < start, rest.starts(with: content) {
        rest = rest.dropFirst(content.count)
        taken += 1
      }
      taken = 0
      while taken < stop, rest.reversed().starts(with: content.reversed()) {
        rest = rest.dropLast(content.count)
        taken += 1
      }
      return Array(rest)
    }
  }

  // It takes away what stands at the edges of the text, where one piece is in the middle.
  func bytes(of piece: [UInt8]) -> [UInt8] { piece }
}

/// `▁` back to spaces, without the first where one was put before the text.
struct MetaspaceDecoder: TokenDecoder {
  static let type = "Metaspace"

  private let replacement: SplitPattern
  private let isPrepended: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow([
      "type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split",
    ])
    replacement = .text(Array((try section.optionalString("replacement") ?? "▁").utf8))
    isPrepended = try MetaspacePreTokenizer.Prepending(section) != .never
  }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] {
    pieces.enumerated().map { index, piece in decode(piece, isFirst: index == 0) }
  }

  func bytes(of piece: [UInt8]) -> [UInt8] { decode(piece, isFirst: false) }

  private func decode(_ piece: [UInt8], isFirst: Bool) -> [UInt8] {
    var result: [UInt8] = []
    var done = 0
    replacement.forEachMatch(in: piece, piece.indices) { match in
      result += piece[done..<match.lowerBound]
      // All of the first piece's, as the library has it.
      if !(isFirst && isPrepended) { result.append(0x20) }
      done = match.upperBound
    }
    return result + piece[done...]
  }
}

/// A suffix to a space, but at the end of the text.
struct BPEDecoder: TokenDecoder {
  static let type = "BPEDecoder"

  private let suffix: SplitPattern

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "suffix"])
    suffix = .text(Array((try section.optionalString("suffix") ?? "</w>").utf8))
  }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] {
    pieces.enumerated().map { index, piece in
      replaced(piece, by: index == pieces.count - 1 ? [] : [0x20])
    }
  }

  func bytes(of piece: [UInt8]) -> [UInt8] { replaced(piece, by: [0x20]) }

  private func replaced(_ piece: [UInt8], by content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var done = 0
    suffix.forEachMatch(in: piece, piece.indices) { match in
      result += piece[done..<match.lowerBound] + content
      done = match.upperBound
    }
    return result + piece[done...]
  }
}

/// Pieces that go on without their prefix, words apart by spaces, and English punctuation closed up.
struct WordPieceDecoder: TokenDecoder {
  static let type = "WordPiece"

  private let prefix: [UInt8]
  private let cleansUp: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "prefix", "cleanup"])
    prefix = Array((try section.optionalString("prefix") ?? "##").utf8)
    cleansUp = try section.bool("cleanup", default: true)
  }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] {
    pieces.enumerated().map { index, piece in
      var text = piece
      if index > 0 {
        text = piece.starts(with: prefix) ? Array(piece.dropFirst(prefix.count)) : [0x20] + piece
      }
      return cleansUp ? Self.cleaned(text) : text
    }
  }

  func bytes(of piece: [UInt8]) -> [UInt8] {
    piece.starts(with: prefix) ? Array(piece.dropFirst(prefix.count)) : piece
  }

  private static let rules: [(SplitPattern, [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (.text(Array($0.0.utf8)), Array($0.1.utf8)) }

  /// Source: `tokenizers/src/decoders/wordpiece.rs`, `cleanup`.
  static func cleaned(_ text: [UInt8]) -> [UInt8] {
    rules.reduce(text) { text, rule in
      var result: [UInt8] = []
      var done = 0
      rule.0.forEachMatch(in: text, text.indices) { match in
        result += text[done..<match.lowerBound] + rule.1
        done = match.upperBound
      }
      return done == 0 ? text : result + text[done...]
    }
  }
}

/// Repeated pieces once, blanks out, and the word delimiter to a space.
struct CTCDecoder: TokenDecoder {
  static let type = "CTC"

  private let blank: [UInt8]
  private let delimiter: SplitPattern
  private let cleansUp: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "pad_token", "word_delimiter_token", "cleanup"])
    blank = Array((try section.optionalString("pad_token") ?? "<pad>").utf8)
    delimiter = .text(Array((try section.optionalString("word_delimiter_token") ?? "|").utf8))
    cleansUp = try section.bool("cleanup", default: true)
  }

  func decode(_ pieces: [[UInt8]]) -> [[UInt8]] {
    pieces.indices.compactMap { index in
      guard index == 0 || pieces[index] != pieces[index - 1] else { return nil }
      let text = bytes(of: pieces[index])
      return text.isEmpty ? nil : text
    }
  }

  func bytes(of piece: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    var done = 0
    let blanks = SplitPattern.text(blank)
    blanks.forEachMatch(in: piece, piece.indices) { match in
      text += piece[done..<match.lowerBound]
      done = match.upperBound
    }
    text += piece[done...]
    guard cleansUp else { return text }
    text = WordPieceDecoder.cleaned(text)
    var result: [UInt8] = []
    done = 0
    delimiter.forEachMatch(in: text, text.indices) { match in
      result += text[done..<match.lowerBound] + [0x20]
      done = match.upperBound
    }
    return result + text[done...]
  }
}
