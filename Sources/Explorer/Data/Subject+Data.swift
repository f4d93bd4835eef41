import Models

extension Subject {
  /// A row for each head, a column for each of some scores.
  func scoreData(name: String, _ scores: [ScoreTable]) -> DataTable {
    let heads = patterns.allHeads
    var table = DataTable(name)
    table.add("layer", .integers(heads.map(\.layer)))
    table.add("head", .integers(heads.map(\.head)))
    for score in scores { table.add(score.name, .numbers(heads.map(score.value))) }
    return table
  }
}

/// The numbers of a view at some moment, to be written while the explorer goes on.
public struct ViewExport: Sendable, Equatable {
  /// The view's name.
  public let view: String
  private let state: ExplorerState

  init(_ state: ExplorerState) { (view, self.state) = (state.view, state) }

  /// The same view of the same run at the same place.
  public static func == (one: ViewExport, other: ViewExport) -> Bool {
    one.view == other.view && one.state.generation == other.state.generation
      && one.state.head == other.state.head && one.state.query == other.state.query
  }

  /// Writes the numbers.
  ///
  /// - Throws: `ExportError`; what `write` throws.
  public func export(
    as format: any TensorExport.Type, write: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    guard let data = ExplorerViews.named(view).data(state) else {
      throw ExportError.noData(view: view)
    }
    try data.under(state.alteration.text).export(as: format, write: write)
  }
}

extension ExplorerState {
  /// The numbers of the view that is seen.
  public var export: ViewExport { ViewExport(self) }
}
