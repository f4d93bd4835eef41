/// What becomes of the matches when text is cut by a pattern.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case contiguous = "Contiguous"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"

  /// The value under `behavior`.
  init(_ section: Section, default fallback: SplitBehavior? = nil) throws(TokenizerError) {
    if let fallback, section.value("behavior") == nil {
      self = fallback
      return
    }
    guard let found = SplitBehavior(rawValue: try section.string("behavior")) else {
      throw section.wrong(
        "behavior",
        expected: "Removed, Isolated, Contiguous, MergedWithPrevious or MergedWithNext")
    }
    self = found
  }
}

extension Segments {
  /// Cuts each text segment by the matches that `find` reports for it.
  ///
  /// - Parameter inverts: Whether what lies between matches counts as the match.
  mutating func split(
    _ behavior: SplitBehavior, inverts: Bool = false,
    _ find: (_ bytes: [UInt8], _ range: Range<Int>, _ match: (Range<Int>) -> Void) -> Void
  ) {
    split { bytes, segment, pieces in
      let first = pieces.count
      var wasMatch = false
      func add(_ range: Range<Int>, _ isMatch: Bool) {
        guard !range.isEmpty else { return }
        let isFirst = pieces.count == first
        defer { wasMatch = isMatch }
        switch behavior {
        case .removed where isMatch: return
        case .contiguous where !isFirst && isMatch == wasMatch,
          .mergedWithPrevious where !isFirst && isMatch && !wasMatch,
          .mergedWithNext where !isFirst && !isMatch && wasMatch:
          pieces[pieces.count - 1].end = range.upperBound
          return
        default: break
        }
        pieces.append(.init(start: range.lowerBound, end: range.upperBound))
      }
      var done = segment.start
      find(bytes, segment.start..<segment.end) { match in
        add(done..<match.lowerBound, inverts)
        add(match, !inverts)
        done = match.upperBound
      }
      add(done..<segment.end, inverts)
    }
  }

  /// Cuts each text segment where scalars are in a class; each such scalar is a match of its own.
  mutating func split(_ behavior: SplitBehavior, where isMatch: (UInt32) -> Bool) {
    split(behavior) { bytes, range, match in
      var position = range.lowerBound
      while position < range.upperBound {
        let (value, length) = ScalarScanner.scalar(in: bytes, at: position)
        if isMatch(value) { match(position..<(position + length)) }
        position += length
      }
    }
  }
}
