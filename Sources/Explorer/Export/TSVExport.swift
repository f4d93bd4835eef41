/// Tab-separated values, laid out as the comma-separated ones.
enum TSVExport: TensorExport {
  static let name = "tsv"
  static let isBinary = false

  static func export(_ source: TensorSource, write: (ArraySlice<UInt8>) throws -> Void) throws {
    try SeparatedValues.export(source, .tab, write: write)
  }

  static func export(_ table: DataTable, write: (ArraySlice<UInt8>) throws -> Void) throws {
    try SeparatedValues.export(table, .tab, write: write)
  }
}
