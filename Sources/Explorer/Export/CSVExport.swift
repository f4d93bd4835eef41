/// Comma-separated values: a matrix as a matrix, more dimensions one number to a line.
enum CSVExport: TensorExport {
  static let name = "csv"
  static let isBinary = false

  static func export(_ source: TensorSource, write: (ArraySlice<UInt8>) throws -> Void) throws {
    try SeparatedValues.export(source, .comma, write: write)
  }

  static func export(_ table: DataTable, write: (ArraySlice<UInt8>) throws -> Void) throws {
    try SeparatedValues.export(table, .comma, write: write)
  }
}
