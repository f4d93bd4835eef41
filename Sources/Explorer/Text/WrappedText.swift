/// A sentence broken into lines at its blanks.
enum WrappedText {
  /// The lines of a text, whose last one holds whatever is left, however long.
  ///
  /// - Parameters:
  ///   - columns: At most so many in every line but the last; a longer word has a line of its own.
  ///   - most: At most so many lines, at least one.
  ///   - indent: Blanks before every line but the first.
  static func lines(_ text: String, columns: Int, most: Int, indent: Int = 0) -> [String] {
    guard ColumnWidth.of(text) > columns, most > 1 else { return [text] }
    var lines: [String] = []
    // Blanks that set the whole text in are kept.
    var line = String(text.prefix { $0 == " " })
    var isEmpty = true
    for word in text.drop(while: { $0 == " " })
      .split(separator: " ", omittingEmptySubsequences: false)
    {
      let longer = isEmpty ? line + word : line + " " + word
      if !isEmpty, lines.count + 1 < most, ColumnWidth.of(longer) > columns {
        lines.append(line)
        line = String(repeating: " ", count: indent) + word
      } else {
        line = longer
      }
      isEmpty = false
    }
    return lines + [line]
  }
}
