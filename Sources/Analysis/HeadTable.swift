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

  /// A table of one number for each head of a model, in order; undefined where a layer has fewer heads than
  /// another.
  public init(_ plan: ModelPlan, _ values: [Double]) {
    self.init(repeating: .nan, layers: plan.layers, heads: plan.heads)
    for (head, value) in zip(plan.allHeads, values) { self[head] = value }
  }

  /// A table of the given rows, `[layer][head]`; all as long as the first.
  public init(rows: [[Double]]) {
    self.init(layers: rows.count, heads: rows.first?.count ?? 0, values: rows.flatMap { $0 })
  }

  /// A table in which every head has the same number.
  public init(repeating value: Double, layers: Int, heads: Int) {
    self.init(
      layers: layers, heads: heads, values: Array(repeating: value, count: layers * heads))
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
  /// All heads, first layers first.
  public var indices: [HeadIndex] {
    (0..<layers).flatMap { layer in (0..<heads).map { HeadIndex(layer: layer, head: $0) } }
  }

  /// The heads with a defined number, the largest first; equal ones in their order.
  public var ranked: [(head: HeadIndex, value: Double)] {
    indices.map { ($0, self[$0]) }.filter { !$0.1.isNaN }
      .sorted { (-$0.1, $0.0) < (-$1.1, $1.0) }
  }

  /// How much larger every number is than another table's of the same size.
  public func difference(from other: HeadTable) -> HeadTable {
    HeadTable(layers: layers, heads: heads, values: zip(values, other.values).map { $0 - $1 })
  }

  /// The numbers, one row for each layer.
  public var rows: [[Double]] {
    (0..<layers).map { Array(values[$0 * heads..<($0 + 1) * heads]) }
  }

  /// The mean over the query heads of each key/value head, given to each of them.
  func averagedOverGroups(_ plan: ModelPlan) -> HeadTable {
    var result = self
    for layer in 0..<layers {
      let attention = plan.blocks[layer].attention
      for kvHead in 0..<attention.kvHeads {
        let group = (0..<heads).filter { attention.kvHead(of: $0) == kvHead }
        let mean = Statistics.mean(group.map { self[HeadIndex(layer: layer, head: $0)] })
        for head in group { result[HeadIndex(layer: layer, head: head)] = mean }
      }
    }
    return result
  }
}
