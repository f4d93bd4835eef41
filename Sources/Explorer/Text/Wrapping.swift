/// Text in lines of so many columns.
enum Wrapping {
  /// The lines of a text, broken at blanks, and inside a word where it is longer than a line.
  ///
  /// - Parameter columns: At least 1; wide characters take two.
  /// - Returns: At least one line, none with a blank at its end.
  static func lines(_ text: String, columns: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let joined = line.isEmpty ? String(word) : "\(line) \(word)"
      guard ColumnWidth.of(joined) > columns else {
        line = joined
        continue
      }
      if !line.isEmpty { lines.append(line) }
      line = ""
      for character in word {
        if !line.isEmpty, ColumnWidth.of(line + String(character)) > columns {
          lines.append(line)
          line = ""
        }
        line.append(character)
      }
    }
    return lines + [line]
  }
}
