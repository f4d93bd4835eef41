/// Runs of word characters, and runs of what is neither word nor white space: `\w+|[^\w\s]+`.
struct WhitespacePreTokenizer: PreTokenizer {
  static let type = "Whitespace"

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type"])
  }

  func cut(_ text: inout Segments) {
    text.splitRuns { value in
      if ScalarScanner.isWord(value) { return 1 }
      return ScalarScanner.isSpace(value) ? nil : 2
    }
  }
}

/// Runs of anything but white space.
struct WhitespaceSplitPreTokenizer: PreTokenizer {
  static let type = "WhitespaceSplit"

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type"])
  }

  func cut(_ text: inout Segments) {
    text.splitRuns { ScalarScanner.isSpace($0) ? nil : 1 }
  }
}

extension Segments {
  /// Cuts text into runs of scalars of one class; those of no class are left out.
  fileprivate mutating func splitRuns(_ classify: (UInt32) -> Int?) {
    split { bytes, segment, pieces in
      var start = segment.start
      var running: Int?
      var position = segment.start
      while position < segment.end {
        let (value, length) = ScalarScanner.scalar(in: bytes, at: position)
        let kind = classify(value)
        if kind != running {
          if running != nil { pieces.append(.init(start: start, end: position)) }
          start = position
          running = kind
        }
        position += length
      }
      if running != nil { pieces.append(.init(start: start, end: segment.end)) }
    }
  }
}
