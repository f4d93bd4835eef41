import Explorer

/// Columns that line up; the first row is the heading.
struct TextTable {
  private var rows: [[String]] = []
  /// Columns whose text starts at the left; numbers end at the right.
  private let leading: Set<Int>

  /// A table with a heading.
  init(_ heading: [String], leading: Set<Int> = []) {
    rows = [heading]
    self.leading = leading
  }

  /// Adds a row.
  mutating func add(_ row: [String]) { rows.append(row) }

  /// All rows, each ending with a newline; no blanks at line ends.
  var text: String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? ColumnWidth.of($0[column]) : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let gap = String(repeating: " ", count: widths[column] - ColumnWidth.of(cell))
        return leading.contains(column) ? cell + gap : gap + cell
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

/// Rows of fields as CSV or TSV.
enum SeparatedTable {
  static func text(_ rows: [[String]], format: TableFormat) -> String {
    rows.map { SeparatedValues.line($0, format == .csv ? .comma : .tab) }.joined()
  }
}
