import Foundation

/// A named stretch of a prompt's tokens, such as a document, an image or a subject.
public struct PromptSpan: Sendable, Hashable {
  /// What the user calls it.
  public let name: String
  /// Its tokens, by position; not empty.
  public let tokens: Range<Int>

  /// The tokens `tokens` under the name `name`.
  public init(name: String, tokens: Range<Int>) {
    self.name = name
    self.tokens = tokens
  }

  /// Reads `NAME=START..END`, both positions from 0 and END the first token after the span.
  ///
  /// - Returns: Nil for anything else, an empty span included.
  public init?(parsing text: some StringProtocol) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    let bounds = parts[1].components(separatedBy: "..")
    guard bounds.count == 2, let start = Int(bounds[0]), let end = Int(bounds[1]), start >= 0,
      start < end
    else { return nil }
    self.init(name: String(parts[0]), tokens: start..<end)
  }
}

/// A text in which spans are marked as `<<NAME>>…<</NAME>>`, taken apart.
public struct TaggedText: Sendable, Hashable {
  /// The text without its tags.
  public let bytes: [UInt8]
  /// The spans, in the order of their ends.
  public let marks: [Mark]

  /// One span of the text.
  public struct Mark: Sendable, Hashable {
    /// What the user calls it.
    public let name: String
    /// Its bytes in the text without tags.
    public let bytes: Range<Int>
  }

  /// Takes the tags out.
  ///
  /// - Throws: `PromptSpanError` for a tag that is never closed or was never opened.
  public init(_ text: [UInt8]) throws(PromptSpanError) {
    var bytes: [UInt8] = []
    var marks: [Mark] = []
    var open: [(name: String, start: Int)] = []
    var place = 0
    while place < text.count {
      guard let tag = Self.tag(in: text, at: place) else {
        bytes.append(text[place])
        place += 1
        continue
      }
      place = tag.end
      guard tag.closes else {
        open.append((tag.name, bytes.count))
        continue
      }
      guard let last = open.lastIndex(where: { $0.name == tag.name }) else {
        throw .tagNotOpened(tag.name)
      }
      marks.append(Mark(name: tag.name, bytes: open.remove(at: last).start..<bytes.count))
    }
    if let forgotten = open.first { throw .tagNotClosed(forgotten.name) }
    self.bytes = bytes
    self.marks = marks
  }

  /// The tag that begins at a place; nil when none does.
  private static func tag(
    in text: [UInt8], at place: Int
  ) -> (name: String, closes: Bool, end: Int)? {
    let (less, more) = (UInt8(ascii: "<"), UInt8(ascii: ">"))
    guard place + 4 < text.count, text[place] == less, text[place + 1] == less else { return nil }
    let closes = text[place + 2] == UInt8(ascii: "/")
    let start = place + (closes ? 3 : 2)
    var end = start
    while end < text.count, text[end] != more, text[end] != less, text[end] != 10 { end += 1 }
    guard end > start, end + 1 < text.count, text[end] == more, text[end + 1] == more else {
      return nil
    }
    return (String(decoding: text[start..<end], as: UTF8.self), closes, end + 2)
  }
}

/// What can be wrong with marked spans.
public enum PromptSpanError: Error, Sendable, Equatable {
  case malformed(String)
  case outside(PromptSpan, seq: Int)
  case tagNotClosed(String)
  case tagNotOpened(String)
  case noTokens(String)
}

extension PromptSpanError: CustomStringConvertible {
  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .malformed(let text):
      "--span \(text): expected NAME=START..END with token positions, such as doc=3..9;"
        + " heed tokens lists them"
    case .outside(let span, let seq):
      "--span \(span.name)=\(span.tokens.lowerBound)..\(span.tokens.upperBound): the prompt has"
        + " tokens 0 to \(seq - 1); END is the first token after the span"
    case .tagNotClosed(let name):
      "<<\(name)>> is never closed; write <</\(name)>> where the span ends"
    case .tagNotOpened(let name):
      "<</\(name)>> closes a span that was not opened; write <<\(name)>> where it starts"
    case .noTokens(let name):
      "<<\(name)>> holds no token; put some text into the span"
    }
  }
}
