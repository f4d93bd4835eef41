/// NumPy's archive: arrays by name, in a zip file without compression.
///
/// A tensor is stored under its own name with `tokens` beside it, a table as one array for each column.
enum NPZExport: TensorExport {
  static let name = "npz"
  static let isBinary = true

  static func export(_ source: TensorSource, write: (ArraySlice<UInt8>) throws -> Void) throws {
    try withoutActuallyEscaping(write) { write in
      var zip = ZipWriter(write)
      let header = NPYHeader.bytes(shape: source.shape, type: "<f4")
      let count = source.shape.reduce(4, *)
      try zip.add("\(source.name).npy", size: header.count + count) { write in
        try write(header[...])
        try source.forEachRow { _, row in try write(Array(UnsafeRawBufferPointer(row))[...]) }
      }
      if !source.tokens.isEmpty { try add("tokens", .texts(source.tokens), to: &zip) }
      if let rule = source.rule { try add("rule", .texts([rule]), to: &zip) }
      try zip.finish()
    }
  }

  static func export(_ table: DataTable, write: (ArraySlice<UInt8>) throws -> Void) throws {
    try withoutActuallyEscaping(write) { write in
      var zip = ZipWriter(write)
      for column in table.columns { try add(column.name, column.values, to: &zip) }
      if let change = table.change, !table.columns.contains(where: { $0.name == "rule" }) {
        try add("rule", .texts([change]), to: &zip)
      }
      try zip.finish()
    }
  }

  private static func add(
    _ name: String, _ values: DataTable.Values, to zip: inout ZipWriter
  ) throws {
    let array = NPYHeader.array(values)
    try zip.add("\(name).npy", size: array.count) { write in try write(array[...]) }
  }
}

extension NPYHeader {
  /// One column as a whole `.npy` file: `<i8`, `<f8`, or texts of UTF-32 as `<U` and their length.
  static func array(_ values: DataTable.Values) -> [UInt8] {
    switch values {
    case .integers(let values):
      return bytes(shape: [values.count], type: "<i8")
        + values.flatMap { little(UInt64(bitPattern: Int64($0))) }
    case .numbers(let values):
      return bytes(shape: [values.count], type: "<f8") + values.flatMap { little($0.bitPattern) }
    case .texts(let values):
      let width = max(1, values.map(\.unicodeScalars.count).max() ?? 1)
      return bytes(shape: [values.count], type: "<U\(width)")
        + values.flatMap { text in
          let scalars = text.unicodeScalars.map(\.value)
          let padding = Array(repeating: UInt32(0), count: width - scalars.count)
          return (scalars + padding).flatMap { little($0) }
        }
    }
  }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
