/// What a view shows, as columns of one length.
public struct DataTable: Sendable, Equatable {
  /// The values of a column.
  public enum Values: Sendable, Equatable {
    /// Whole numbers, such as layers and positions.
    case integers([Int])
    /// Measured numbers; `.nan` is undefined.
    case numbers([Double])
    /// Texts, exactly as they are.
    case texts([String])

    var count: Int {
      switch self {
      case .integers(let values): values.count
      case .numbers(let values): values.count
      case .texts(let values): values.count
      }
    }

    /// One value as separated formats write it; nothing for an undefined one.
    func text(_ row: Int) -> String {
      switch self {
      case .integers(let values): "\(values[row])"
      case .numbers(let values): values[row].isNaN ? "" : "\(values[row])"
      case .texts(let values): values[row]
      }
    }
  }

  /// A named column.
  public struct Column: Sendable, Equatable {
    /// The heading.
    public let name: String
    /// The values, from the first row on.
    public let values: Values
  }

  /// What it is, such as `atlas`.
  public let name: String
  /// The columns from left to right.
  public private(set) var columns: [Column] = []
  /// What was changed about the model, for formats that can say so; nil for the model as it is.
  public var change: String?

  /// The number of rows.
  public var rowCount: Int { columns.first?.values.count ?? 0 }

  /// A table without columns.
  public init(_ name: String) { self.name = name }

  /// Adds a column, which must be as long as those before.
  public mutating func add(_ name: String, _ values: Values) {
    precondition(columns.isEmpty || values.count == rowCount)
    columns.append(Column(name: name, values: values))
  }
}

/// The numbers behind a view.
public enum ViewData {
  /// Rows and columns.
  case table(DataTable)
  /// One array.
  case tensor(TensorSource)

  /// The same, saying what was changed about the model; nil for the model as it is.
  func under(_ change: String?) -> ViewData {
    switch self {
    case .table(var table):
      table.change = change
      return .table(table)
    case .tensor(var tensor):
      tensor.rule = change
      return .tensor(tensor)
    }
  }

  /// Writes them in a format.
  ///
  /// - Throws: `ExportError`; what `write` throws.
  public func export(
    as format: any TensorExport.Type, write: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    switch self {
    case .table(let table): try format.export(table, write: write)
    case .tensor(let tensor): try format.export(tensor, write: write)
    }
  }
}

/// Why something cannot be written as data.
public enum ExportError: Error, Equatable, CustomStringConvertible {
  /// A format of one array, asked for a table.
  case tableAsArray(format: String, table: String)
  /// A view without numbers of its own.
  case noData(view: String)
  /// A file name whose ending is no format.
  case unknownFormat(file: String, known: [String])

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .tableAsArray(let format, let table):
      "\(format) holds one array and \(table) is a table of several columns; "
        + "use npz, one array for each column, or csv, tsv or json"
    case .noData(let view):
      "\(view) has no numbers of its own to write; save it as a picture with snapshot"
    case .unknownFormat(let file, let known):
      "\(file): its ending names no format, expected one of \(known.joined(separator: ", "))"
    }
  }
}
