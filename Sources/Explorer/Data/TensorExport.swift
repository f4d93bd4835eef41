import Tensors

/// A tensor to be written, produced part by part: all maps of a long prompt never are in memory.
public struct TensorSource {
  /// What it is, such as `attention`.
  public let name: String
  /// Sizes, outermost first.
  public let shape: [Int]
  /// What each index means, such as `layer`, `head`, `query`, `key`.
  public let axes: [String]
  /// The prompt's tokens, for formats that hold them.
  public let tokens: [String]
  /// The attention rule it was made under, for formats that can say so; nil for the model's own.
  public var rule: String?
  private let produce: ((Tensor<Float>) throws -> Void) throws -> Void

  /// A tensor.
  ///
  /// - Parameter produce: Calls its argument with consecutive parts, row-major, that make up the shape.
  public init(
    name: String, shape: [Int], axes: [String], tokens: [String],
    produce: @escaping ((Tensor<Float>) throws -> Void) throws -> Void
  ) {
    precondition(shape.count == axes.count)
    self.name = name
    self.shape = shape
    self.axes = axes
    self.tokens = tokens
    self.produce = produce
  }

  /// Calls `body` with every part in order.
  public func forEachPart(_ body: (Tensor<Float>) throws -> Void) throws {
    try withoutActuallyEscaping(body) { try produce($0) }
  }

  /// Calls `body` with every row of the last dimension in order, and its number.
  func forEachRow(_ body: (Int, UnsafeBufferPointer<Float>) throws -> Void) throws {
    let width = shape.last ?? 1
    var number = 0
    try forEachPart { part in
      try part.withElements { elements in
        precondition(width > 0 && elements.count % width == 0)
        for start in stride(from: 0, to: elements.count, by: width) {
          try body(number, UnsafeBufferPointer(rebasing: elements[start..<start + width]))
          number += 1
        }
      }
    }
  }

  /// The indices of all dimensions but the last, for one row.
  func indices(ofRow number: Int) -> [Int] {
    var rest = number
    return shape.dropLast().reversed().map { size in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }
}

/// A file format for tensors.
public protocol TensorExport: Sendable {
  /// The name that `--format` takes, and how its files end.
  static var name: String { get }
  /// Whether it would disturb a terminal.
  static var isBinary: Bool { get }

  /// Writes a tensor.
  ///
  /// - Parameter write: Takes the file's bytes in order; what it throws ends the export.
  static func export(_ source: TensorSource, write: (ArraySlice<UInt8>) throws -> Void) throws

  /// Writes a table.
  ///
  /// - Parameter write: As for a tensor.
  /// - Throws: `ExportError.tableAsArray` from a format of one array.
  static func export(_ table: DataTable, write: (ArraySlice<UInt8>) throws -> Void) throws
}

/// Every format that a tensor can be written in.
public enum TensorExports {
  /// Alphabetical; a test reads `Export/` and names a file that is missing here.
  public static let all: [any TensorExport.Type] = [
    CSVExport.self,
    JSONExport.self,
    NPYExport.self,
    NPZExport.self,
    TSVExport.self,
  ]

  /// The format that a file's name asks for by its ending.
  ///
  /// - Throws: `ExportError.unknownFormat`.
  public static func forFile(_ path: String) throws(ExportError) -> any TensorExport.Type {
    let ending = path.split(separator: ".").last.map(String.init)?.lowercased() ?? ""
    guard let format = named(ending) else {
      throw .unknownFormat(file: path, known: all.map { $0.name })
    }
    return format
  }

  /// The format of that name; nil when there is none.
  public static func named(_ name: String) -> (any TensorExport.Type)? {
    all.first { $0.name == name }
  }
}
