/// GPT-2's: words by its pattern, each byte a stand-in.
struct ByteLevelPreTokenizer: PreTokenizer {
  static let type = "ByteLevel"

  let addsPrefixSpace: Bool
  let usesPattern: Bool

  init(_ section: Section) throws(TokenizerError) {
    // `trim_offsets` matters to the post-processor only.
    try section.allow(["type", "add_prefix_space", "trim_offsets", "use_regex"])
    addsPrefixSpace = try section.bool("add_prefix_space", default: true)
    usesPattern = try section.bool("use_regex", default: true)
  }

  func cut(_ text: inout Segments) {
    if addsPrefixSpace { text.prefixSpaces() }
    if usesPattern {
      text.split { bytes, segment, pieces in
        var position = segment.start
        while position < segment.end {
          let end = GPT2Pattern.end(of: position, in: bytes, limit: segment.end)
          pieces.append(.init(start: position, end: end))
          position = end
        }
      }
    }
    text.isByteLevel = true
  }
}
