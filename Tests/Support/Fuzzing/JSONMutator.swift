/// Damages JSON so that it still is JSON: what a parser lets through reaches those who read the tree.
public enum JSONMutator {
  /// A value in the text.
  private struct Value {
    /// Where it lies.
    let range: Range<Int>
    /// How many lists and objects it lies in.
    let depth: Int
    /// Whether it is the name of a member.
    var isKey = false
    /// Whether it lies in a list.
    let isInList: Bool
  }

  /// Values that readers break at.
  private static let extremes = [
    "null", "true", "false", "0", "-1", "1", "0.5", "1e308", "-0.0", "255", "256", "65536",
    "2147483647",
    "4294967296", "9223372036854775807", "18446744073709551616", "\"\"", "\"\\u0000\"", "\"a\"",
    "\"▁\"", "\"##\"", "\"\\ud83d\\ude42\"", "\"(a*)*b|\\\\p{L}+\"", "[]", "{}", "[[]]", "[null]",
    "{\"type\":\"Sequence\"}",
  ]

  /// The text with one to three of its values replaced, doubled, or exchanged for others of its own.
  ///
  /// - Returns: The text as it is where it holds no value.
  public static func damaged(
    _ whole: [UInt8], using random: inout FuzzGenerator
  ) -> [UInt8] {
    var text = whole
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let values = values(of: text)
      // Vocabularies hold most of a file's values, and its outer ones decide most: every depth is as likely.
      let depths = Set(values.map(\.depth)).sorted()
      guard let depth = depths.randomElement(using: &random),
        let value = values.filter({ $0.depth == depth }).randomElement(using: &random)
      else { return text }
      if value.isKey {
        let keys = values.filter(\.isKey)
        let other = keys.randomElement(using: &random) ?? value
        text.replaceSubrange(value.range, with: text[other.range])
        continue
      }
      switch Int.random(in: 0..<4, using: &random) {
      case 0 where value.isInList:
        text.insert(contentsOf: text[value.range] + [UInt8(ascii: ",")], at: value.range.lowerBound)
      case 1, 2:
        let others = values.filter { !$0.isKey && $0.range.count < 2000 }
        let other = others.randomElement(using: &random) ?? value
        text.replaceSubrange(value.range, with: text[other.range])
      default:
        text.replaceSubrange(value.range, with: (extremes.randomElement(using: &random) ?? "").utf8)
      }
    }
    return text
  }

  /// All values, lists and objects included; of a text that is no JSON, those before its fault.
  private static func values(of text: [UInt8]) -> [Value] {
    var values: [Value] = []
    var open: [(start: Int, isList: Bool)] = []
    var position = 0
    func add(_ range: Range<Int>) {
      values.append(
        Value(range: range, depth: open.count, isInList: open.last?.isList ?? false))
    }
    while position < text.count {
      let start = position
      position += 1
      switch text[start] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): open.append((start, text[start] == 0x5B))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard let last = open.popLast() else { return values }
        add(last.start..<position)
      case UInt8(ascii: "\""):
        while position < text.count, text[position] != UInt8(ascii: "\"") {
          position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, text.count)
        add(start..<position)
      case UInt8(ascii: ":"):
        if !values.isEmpty { values[values.count - 1].isKey = true }
      case UInt8(ascii: ","), 0x00...0x20: continue
      default:
        while position < text.count, ![0x2C, 0x5D, 0x7D].contains(text[position]),
          text[position] > 0x20
        {
          position += 1
        }
        add(start..<position)
      }
    }
    return values
  }
}
