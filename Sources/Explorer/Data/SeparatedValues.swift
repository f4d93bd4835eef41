/// Fields in lines: comma-separated (RFC 4180, quoted where needed), or tab-separated (tabs and line
/// ends as escapes).
public enum SeparatedValues {
  /// What stands between fields.
  public enum Separator: String, Sendable {
    case comma = ","
    case tab = "\t"
  }

  /// One line with its end.
  public static func line(_ fields: some Sequence<String>, _ separator: Separator) -> String {
    fields.map { separator == .comma ? quoted($0) : escaped($0) }
      .joined(separator: separator.rawValue) + "\n"
  }

  /// A matrix as a matrix, more dimensions one number to a line.
  static func export(
    _ source: TensorSource, _ separator: Separator, write: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    let isMatrix = source.shape.count <= 2
    let last = source.shape.last ?? 1
    let header =
      isMatrix
      ? source.axes.dropLast() + (0..<last).map { "\(source.axes.last ?? "")\($0)" }
      : source.axes + ["value"]
    func put(_ fields: some Sequence<String>) throws {
      try write(Array(line(fields, separator).utf8)[...])
    }
    try write(comment(source.rule))
    try put(header)
    try source.forEachRow { number, row in
      let indices = source.indices(ofRow: number).map(String.init)
      if isMatrix {
        try put(indices + row.map(text))
      } else {
        for (column, value) in row.enumerated() {
          try put(indices + [String(column), text(value)])
        }
      }
    }
  }

  static func export(
    _ table: DataTable, _ separator: Separator, write: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    try write(comment(table.change))
    try write(Array(line(table.columns.map(\.name), separator).utf8)[...])
    for row in 0..<table.rowCount {
      try write(Array(line(table.columns.map { $0.values.text(row) }, separator).utf8)[...])
    }
  }

  /// A line that NumPy and R read past; nothing where nothing must be said.
  private static func comment(_ text: String?) -> ArraySlice<UInt8> {
    // One line, whatever the path of a file in it.
    let line = text.map { "# \($0.replacing("\n", with: "\\n"))\n" } ?? ""
    return Array(line.utf8)[...]
  }

  /// The shortest text that reads back as the same number; nothing for an undefined one.
  private static func text(_ value: Float) -> String { value.isNaN ? "" : "\(value)" }

  private static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0D || $0 == 0x0A })
    else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }

  private static func escaped(_ field: String) -> String {
    guard field.utf8.contains(where: { $0 == 0x5C || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A })
    else { return field }
    return field.replacing("\\", with: "\\\\").replacing("\t", with: "\\t")
      .replacing("\n", with: "\\n").replacing("\r", with: "\\r")
  }
}
