/// Comma-separated values: a matrix as a matrix, more dimensions one number to a line.
enum CSVExport: TensorExport {
  static let name = "csv"
  static let isBinary = false

  static func export(_ source: TensorSource, write: (ArraySlice<UInt8>) throws -> Void) throws {
    try SeparatedValues.export(source, separator: ",", write: write)
  }
}

/// What CSV and TSV share.
enum SeparatedValues {
  static func export(
    _ source: TensorSource, separator: String, write: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    let isMatrix = source.shape.count <= 2
    let last = source.shape.last ?? 1
    let header =
      isMatrix
      ? source.axes.dropLast() + (0..<last).map { "\(source.axes.last ?? "")\($0)" }
      : source.axes + ["value"]
    try write(line(Array(header), separator))
    try source.forEachRow { number, row in
      let indices = source.indices(ofRow: number).map(String.init)
      if isMatrix {
        try write(line(indices + row.map(text), separator))
      } else {
        for (column, value) in row.enumerated() {
          try write(line(indices + [String(column), text(value)], separator))
        }
      }
    }
  }

  /// The shortest text that reads back as the same number; nothing for an undefined one.
  static func text(_ value: Float) -> String { value.isNaN ? "" : "\(value)" }

  private static func line(_ fields: [String], _ separator: String) -> ArraySlice<UInt8> {
    Array((fields.joined(separator: separator) + "\n").utf8)[...]
  }
}
