import Foundation

/// JSON: the head of the object through an encoder, the numbers streamed after it as nested lists.
enum JSONExport: TensorExport {
  static let name = "json"
  static let isBinary = false

  private struct Head: Encodable {
    let version = 1
    let tensor: String
    let shape: [Int]
    let axes, tokens: [String]
    /// Left out for the model's own.
    let rule: String?
  }

  private struct Table: Encodable {
    enum Value: Encodable {
      case integer(Int)
      case number(Double)
      case text(String)

      func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value): try container.encode(value)
        case .number(let value) where value.isFinite: try container.encode(value)
        case .number: try container.encodeNil()
        case .text(let value): try container.encode(value)
        }
      }
    }
    let version = 1
    let table: String
    let columns: [String]
    let rows: [[Value]]
    /// Left out for the model as it is.
    let rule: String?
  }

  static func export(_ table: DataTable, write: (ArraySlice<UInt8>) throws -> Void) throws {
    let rows = (0..<table.rowCount).map { row in
      table.columns.map { column -> Table.Value in
        switch column.values {
        case .integers(let values): .integer(values[row])
        case .numbers(let values): .number(values[row])
        case .texts(let values): .text(values[row])
        }
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let report = Table(
      table: table.name, columns: table.columns.map(\.name), rows: rows, rule: table.change)
    try write((Array(try encoder.encode(report)) + [10])[...])
  }

  static func export(_ source: TensorSource, write: (ArraySlice<UInt8>) throws -> Void) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let head = Head(
      tensor: source.name, shape: source.shape, axes: source.axes, tokens: source.tokens,
      rule: source.rule)
    let encoded = try encoder.encode(head)
    try write((Array(encoded.dropLast()) + Array(",\"values\":".utf8))[...])
    let outer = Array(source.shape.dropLast())
    try source.forEachRow { number, row in
      // Brackets open where an index starts over, and close where it ends.
      let indices = source.indices(ofRow: number)
      let opening = indices.reversed().prefix { $0 == 0 }.count
      let closing = zip(indices, outer).reversed().prefix { $0 == $1 - 1 }.count
      var text = number > 0 ? "," : ""
      text += String(repeating: "[", count: opening + 1)
      text += row.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",")
      text += String(repeating: "]", count: closing + 1)
      try write(Array(text.utf8)[...])
    }
    try write(Array("}\n".utf8)[...])
  }
}
