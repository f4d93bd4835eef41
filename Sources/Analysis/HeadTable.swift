import Models

/// One number for every head of a model: `[layer, head]`.
public struct HeadTable: Sendable, Equatable {
  /// The number of layers and of heads in each.
  public let layers, heads: Int
  /// Row-major `[layer, head]`; `.nan` is undefined.
  public var values: [Double]

  /// A table of the given numbers, layer by layer.
  public init(layers: Int, heads: Int, values: [Double]) {
    precondition(values.count == layers * heads)
    self.layers = layers
    self.heads = heads
    self.values = values
  }

  /// The number of one head.
  public subscript(index: HeadIndex) -> Double {
    get { values[index.layer * heads + index.head] }
    set { values[index.layer * heads + index.head] = newValue }
  }

  /// The smallest and the largest defined number; nil when none is defined.
  public var bounds: ClosedRange<Double>? {
    let defined = values.filter { !$0.isNaN }
    guard let low = defined.min(), let high = defined.max() else { return nil }
    return low...high
  }
}

extension HeadTable {
  /// The numbers, one row for each layer.
  public var rows: [[Double]] {
    (0..<layers).map { Array(values[$0 * heads..<($0 + 1) * heads]) }
  }
}
