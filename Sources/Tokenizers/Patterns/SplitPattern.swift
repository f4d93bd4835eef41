/// What `Split` and `Replace` look for: a text or a regular expression.
enum SplitPattern: Sendable {
  case text([UInt8])
  case expression(Pattern)

  /// The object under `pattern`: `{"String": …}` or `{"Regex": …}`.
  init(_ section: Section) throws(TokenizerError) {
    guard let pattern = try section.section("pattern") else {
      throw section.wrong("pattern", expected: "an object with String or Regex")
    }
    try pattern.allow(["String", "Regex"])
    if let text = try pattern.optionalString("String") {
      self = .text(Array(text.utf8))
      return
    }
    guard let compiled = Pattern(try pattern.string("Regex")) else {
      throw pattern.wrong("Regex", expected: "a regular expression")
    }
    self = .expression(compiled)
  }

  /// Calls `body` with each match in `range`, in order and without overlaps.
  func forEachMatch(in bytes: [UInt8], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    switch self {
    case .expression(let pattern): pattern.forEachMatch(in: bytes, range, body)
    case .text(let text):
      guard let first = text.first else { return }
      var position = range.lowerBound
      while position + text.count <= range.upperBound {
        if bytes[position] == first,
          text.count == 1 || bytes[position..<(position + text.count)].elementsEqual(text)
        {
          body(position..<(position + text.count))
          position += text.count
        } else {
          position += 1
        }
      }
    }
  }
}
