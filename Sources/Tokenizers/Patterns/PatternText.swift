/// Rewrites a pattern for Oniguruma, as tokenizer.json has it, for PCRE2.
///
/// Goals: `\s`, `\w` and scripts hold what they hold there. PCRE2 10.42 counts U+180E as white
/// space, leaves marks and connectors out of words, and takes characters that several scripts share
/// for each of them.
///
/// Source: Oniguruma `doc/RE` and `src/unicode_property_data.c`, PCRE2 `pcre2pattern(3)`.
enum PatternText {
  /// White space as Unicode has it, for the inside of a class.
  private static let space =
    #"\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"#
  /// Words: alphabetic, marks, digits, connectors; of other numbers only Latin-1.
  private static let word =
    #"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}"#

  /// The pattern with these classes spelled out.
  static func spelledOut(_ text: String) -> String {
    var result = ""
    var isEscaped = false
    var isInClass = false
    // Scalars: a mark after a backslash is still escaped by it.
    for scalar in text.unicodeScalars {
      if isEscaped {
        isEscaped = false
        switch (scalar, isInClass) {
        case ("s", false): result += "[\(space)]"
        case ("S", false): result += "[^\(space)]"
        case ("s", true): result += space
        case ("w", false): result += "[\(word)]"
        case ("W", false): result += "[^\(word)]"
        case ("w", true): result += word
        default:
          result += "\\"
          result.unicodeScalars.append(scalar)
        }
        continue
      }
      switch scalar {
      case "\\":
        isEscaped = true
        continue
      case "[": isInClass = true
      case "]": isInClass = false
      default: break
      }
      result.unicodeScalars.append(scalar)
    }
    return named(isEscaped ? result + "\\" : result)
  }

  /// Long names of categories, which PCRE2 does not know.
  private static let categories = [
    "Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Mark": "M",
    "Nonspacing_Mark": "Mn", "Number": "N", "Decimal_Number": "Nd", "Punctuation": "P",
    "Symbol": "S", "Separator": "Z", "Other": "C", "Any": "Any",
  ]

  /// `\p{Han}` as `\p{sc:Han}`, `\p{Letter}` as `\p{L}`.
  private static func named(_ text: String) -> String {
    var parts = text.split(separator: "{", omittingEmptySubsequences: false)
    for index in parts.indices.dropFirst() {
      guard parts[index - 1].hasSuffix("\\p") || parts[index - 1].hasSuffix("\\P"),
        let end = parts[index].firstIndex(of: "}")
      else { continue }
      let name = parts[index][..<end].drop { $0 == "^" }
      let new = categories[String(name)] ?? (name.utf8.count > 2 ? "sc:\(name)" : String(name))
      parts[index] = parts[index][..<name.startIndex] + new + parts[index][end...]
    }
    return parts.joined(separator: "{")
  }
}
