import Models
import Tensors

/// Whether maps are what attention maps must be: rows that sum to one, no weight on the future, no NaN.
public struct MapChecks: Sendable, Equatable {
  /// The largest distance of a row's sum from one.
  public private(set) var worstSum = 0.0
  /// Whose row that is.
  public private(set) var worstHead: HeadIndex?
  /// The largest weight on a key after its query, where a query must not see one.
  public private(set) var leak = 0.0
  /// How many weights are NaN.
  public private(set) var undefined = 0
  /// How many rows were looked at, and how many there are.
  public private(set) var rows = 0
  /// Rows of all heads.
  public let allRows: Int
  /// Whether a query must not see keys after itself.
  public let isCausal: Bool

  /// Looks at maps.
  ///
  /// - Parameters:
  ///   - source: The maps.
  ///   - budget: Weights to look at; beyond it, evenly spaced rows stand for all.
  ///   - onProgress: Called after each layer with a share from 0 to 1; what it throws ends the checks.
  public init(
    _ source: any PatternSource, budget: Int = 1 << 26,
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows {
    let (queries, keys) = (source.queryCount, source.keyCount)
    isCausal = source.isCausal
    allRows = source.layers * source.heads * queries
    let affordable = max(1, budget / max(1, source.layers * source.heads * keys))
    let step = max(1, (queries + affordable - 1) / affordable)
    for layer in 0..<source.layers {
      for head in 0..<source.heads {
        let index = HeadIndex(layer: layer, head: head)
        // Whole maps at once where every row counts, else one row at a time.
        let parts =
          step == 1
          ? stride(from: 0, to: queries, by: 128).map { $0..<min(queries, $0 + 128) }
          : stride(from: step - 1, to: queries, by: step).map { $0..<$0 + 1 }
        for part in parts {
          let tile = source.pattern(index, rows: part, columns: 0..<keys)
          add(tile, index, part, lead: keys - queries)
        }
      }
      try onProgress(Double(layer + 1) / Double(source.layers))
    }
  }

  private mutating func add(
    _ tile: Tensor<Float>, _ head: HeadIndex, _ queries: Range<Int>, lead: Int
  ) {
    let keys = tile.shape[1]
    tile.withElements { weights in
      for (row, query) in queries.enumerated() {
        rows += 1
        var sum = 0.0
        for key in 0..<keys {
          let weight = Double(weights[row * keys + key])
          if weight.isNaN { undefined += 1 }
          if isCausal, key > query + lead { leak = max(leak, abs(weight)) }
          sum += weight
        }
        if abs(sum - 1) > worstSum { (worstSum, worstHead) = (abs(sum - 1), head) }
      }
    }
  }
}
