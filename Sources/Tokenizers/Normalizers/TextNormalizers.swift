/// Text put before each stretch of text.
struct PrependNormalizer: Normalizer {
  static let type = "Prepend"

  private let text: [UInt8]

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "prepend"])
    text = Array(try section.string("prepend").utf8)
  }

  func normalize(_ text: inout Segments) {
    text.rewrite { segment, output in
      output.insert(self.text, at: segment.start)
      output.copy(segment.start..<segment.end)
    }
  }
}

/// White space at either end out.
struct StripNormalizer: Normalizer {
  static let type = "Strip"

  private let left, right: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "strip_left", "strip_right"])
    left = try section.bool("strip_left", default: true)
    right = try section.bool("strip_right", default: true)
  }

  func normalize(_ text: inout Segments) {
    text.rewrite { segment, output in
      var (start, end) = (segment.start, segment.end)
      while left, start < end {
        let (value, length) = ScalarScanner.scalar(in: output.source.bytes, at: start)
        guard ScalarScanner.isSpace(value) else { break }
        start += length
      }
      while right, start < end {
        let last = ScalarScanner.start(before: end, in: output.source.bytes)
        let value = ScalarScanner.scalar(in: output.source.bytes, at: last).value
        guard ScalarScanner.isSpace(value) else { break }
        end = last
      }
      output.drop(segment.start..<start)
      output.copy(start..<end)
      output.drop(end..<segment.end)
    }
  }
}

/// One text, or what a pattern matches, replaced by another.
struct ReplaceNormalizer: Normalizer {
  static let type = "Replace"

  private let pattern: SplitPattern
  private let content: [UInt8]

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "pattern", "content"])
    pattern = try SplitPattern(section)
    content = Array(try section.string("content").utf8)
  }

  func normalize(_ text: inout Segments) {
    text.rewrite { segment, output in
      var position = segment.start
      let bytes = output.source.bytes
      pattern.forEachMatch(in: bytes, segment.start..<segment.end) { match in
        output.copy(position..<match.lowerBound)
        output.replace(match, by: content)
        position = match.upperBound
      }
      output.copy(position..<segment.end)
    }
  }
}
