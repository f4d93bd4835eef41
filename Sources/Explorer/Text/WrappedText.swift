/// A sentence broken into lines at its blanks.
enum WrappedText {
  /// The lines of a text, whose last one holds whatever is left, however long.
  ///
  /// - Parameters:
  ///   - columns: At most so many in every line but the last; wide characters take two.
  ///   - most: At most so many lines, at least one.
  ///   - indent: Blanks before every line but the first.
  ///   - breaksWords: Whether a word longer than a line goes on in the next one; else it has a line of its own.
  static func lines(
    _ text: String, columns: Int, most: Int = .max, indent: Int = 0, breaksWords: Bool = false
  ) -> [String] {
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
      while breaksWords, lines.count + 1 < most, let end = end(of: line, columns: columns) {
        lines.append(String(line[..<end]))
        line = String(line[end...])
      }
      isEmpty = false
    }
    return lines + [line]
  }

  /// Where a line that is too long is broken, after one character at least; nil for one that fits.
  private static func end(of line: String, columns: Int) -> String.Index? {
    var width = 0
    for index in line.indices {
      width += ColumnWidth.of(String(line[index]))
      if width > columns, index > line.startIndex { return index }
    }
    return nil
  }
}
