/// SentencePiece's: spaces become `▁`, and words begin with one.
struct MetaspacePreTokenizer: PreTokenizer {
  static let type = "Metaspace"

  /// Where a `▁` is put before the text.
  enum Prepending: String, Sendable {
    case always
    /// Only where the whole text begins.
    case first
    case never

    /// The value under `prepend_scheme`, or what older files say instead.
    init(_ section: Section) throws(TokenizerError) {
      guard let name = try section.optionalString("prepend_scheme") else {
        self = try section.bool("add_prefix_space", default: true) ? .always : .never
        return
      }
      guard let found = Prepending(rawValue: name) else {
        throw section.wrong("prepend_scheme", expected: "always, first or never")
      }
      self = found
    }
  }

  private let replacement: [UInt8]
  private let prepending: Prepending
  private let splits: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow([
      "type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split",
    ])
    replacement = Array((try section.optionalString("replacement") ?? "▁").utf8)
    prepending = try Prepending(section)
    splits = try section.bool("split", default: true)
  }

  func cut(_ text: inout Segments) {
    text.rewrite { segment, output in
      let bytes = output.source.bytes
      let begins =
        bytes[segment.start..<segment.end].starts(with: replacement)
        || bytes[segment.start] == 0x20
      let isFirst = output.source.origin(segment.start) == 0
      if !begins, prepending == .always || prepending == .first && isFirst {
        output.insert(replacement, at: segment.start)
      }
      var kept = segment.start
      for position in segment.start..<segment.end where bytes[position] == 0x20 {
        output.copy(kept..<position)
        kept = position + 1
        output.replace(position..<kept, by: replacement)
      }
      output.copy(kept..<segment.end)
    }
    guard splits else { return }
    let pattern = SplitPattern.text(replacement)
    text.split(.mergedWithNext) { bytes, range, match in
      pattern.forEachMatch(in: bytes, range, match)
    }
  }
}
