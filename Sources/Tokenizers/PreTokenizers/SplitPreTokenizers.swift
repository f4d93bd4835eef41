/// Cuts by a text or a pattern.
struct SplitPreTokenizer: PreTokenizer {
  static let type = "Split"

  private let pattern: SplitPattern
  private let behavior: SplitBehavior
  private let inverts: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "pattern", "behavior", "invert"])
    pattern = try SplitPattern(section)
    behavior = try SplitBehavior(section)
    inverts = try section.bool("invert", default: false)
  }

  func cut(_ text: inout Segments) {
    if case .expression(let pattern) = pattern {
      let (behavior, inverts) = (behavior, inverts)
      pattern.withSearch { search in
        text.split(behavior, inverts: inverts) { bytes, range, match in
          pattern.forEachMatch(in: bytes, range, search, match)
        }
      }
    } else {
      text.split(behavior, inverts: inverts) { bytes, range, match in
        pattern.forEachMatch(in: bytes, range, match)
      }
    }
  }
}

/// Cuts at one character, which is left out.
struct DelimiterPreTokenizer: PreTokenizer {
  static let type = "CharDelimiterSplit"

  private let delimiter: UInt32

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "delimiter"])
    let scalars = try section.string("delimiter").unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else {
      throw section.wrong("delimiter", expected: "one character")
    }
    delimiter = first.value
  }

  func cut(_ text: inout Segments) { text.split(.removed) { $0 == delimiter } }
}

/// Cuts at punctuation.
struct PunctuationPreTokenizer: PreTokenizer {
  static let type = "Punctuation"

  private let behavior: SplitBehavior

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "behavior"])
    behavior = try SplitBehavior(section, default: .isolated)
  }

  func cut(_ text: inout Segments) { text.split(behavior, where: ScalarScanner.isPunctuation) }
}

/// Cuts at numbers, or at each digit.
struct DigitsPreTokenizer: PreTokenizer {
  static let type = "Digits"

  private let isIndividual: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "individual_digits"])
    isIndividual = try section.bool("individual_digits", default: false)
  }

  func cut(_ text: inout Segments) {
    text.split(isIndividual ? .isolated : .contiguous, where: ScalarScanner.isNumber)
  }
}

/// BERT's: words without the white space between them, and each punctuation mark.
struct BertPreTokenizer: PreTokenizer {
  static let type = "BertPreTokenizer"

  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }

  func cut(_ text: inout Segments) {
    text.split { bytes, segment, pieces in
      var start = segment.start
      var position = segment.start
      func finish(_ end: Int) {
        if start < end { pieces.append(.init(start: start, end: end)) }
      }
      while position < segment.end {
        let (value, length) = ScalarScanner.scalar(in: bytes, at: position)
        let end = position + length
        if ScalarScanner.isSpace(value) {
          finish(position)
          start = end
        } else if ScalarScanner.isPunctuation(value) {
          finish(position)
          pieces.append(.init(start: position, end: end))
          start = end
        }
        position = end
      }
      finish(segment.end)
    }
  }
}

extension ScalarScanner {
  /// Whether it is punctuation, with all of ASCII's signs.
  static func isPunctuation(_ value: UInt32) -> Bool {
    if value < 0x80 {
      switch value {
      case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
      default: return false
      }
    }
    switch Unicode.Scalar(value)?.properties.generalCategory {
    case .connectorPunctuation?, .dashPunctuation?, .openPunctuation?, .closePunctuation?,
      .initialPunctuation?, .finalPunctuation?, .otherPunctuation?:
      return true
    default: return false
    }
  }

  /// Whether it is a number of any kind.
  static func isNumber(_ value: UInt32) -> Bool {
    if value < 0x80 { return value &- 0x30 < 10 }
    switch Unicode.Scalar(value)?.properties.generalCategory {
    case .decimalNumber?, .letterNumber?, .otherNumber?: return true
    default: return false
    }
  }
}
