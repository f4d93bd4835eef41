/// NumPy's format: float32, little-endian, row-major.
///
/// Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays".
enum NPYExport: TensorExport {
  static let name = "npy"
  static let isBinary = true

  static func export(_ source: TensorSource, write: (ArraySlice<UInt8>) throws -> Void) throws {
    try write(NPYHeader.bytes(shape: source.shape, type: "<f4")[...])
    try source.forEachRow { _, row in
      try write(Array(UnsafeRawBufferPointer(row))[...])
    }
  }

  static func export(_ table: DataTable, write: (ArraySlice<UInt8>) throws -> Void) throws {
    throw ExportError.tableAsArray(format: name, table: table.name)
  }
}

/// The head of a `.npy` file.
public enum NPYHeader {
  /// Magic, version 1.0, and the description, padded so that the numbers start at a multiple of 64.
  ///
  /// - Parameters:
  ///   - shape: Sizes, outermost first.
  ///   - type: NumPy's name of the number type, such as `<f4`.
  public static func bytes(shape: [Int], type: String) -> [UInt8] {
    let sizes =
      shape.count == 1 ? "(\(shape[0]),)" : "(\(shape.map(String.init).joined(separator: ", ")))"
    var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(sizes), }"
    let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
    text += String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + Array(text.utf8)
  }
}
