import Models
import Tensors

/// How far two maps are from each other.
public enum MapDistance {
  /// Rows that stand for a whole map: all of a short one, evenly spaced ones of a long one, the last
  /// always among them.
  ///
  /// - Parameter most: The most rows.
  public static func rows(of source: any PatternSource, most: Int = 256) -> [Int] {
    let count = source.queryCount
    guard count > most else { return Array(0..<count) }
    return (1...most).map { $0 * count / most - 1 }
  }

  /// The mean over queries of the total variation of two rows, `½ Σ |a − b|`.
  ///
  /// - Parameters:
  ///   - rows: Which queries; maps must have as many queries and keys as each other.
  /// - Returns: 0 for equal maps, 1 for rows that share no key; `.nan` without rows.
  public static func totalVariation(
    _ a: any PatternSource, _ aHead: HeadIndex, _ b: any PatternSource, _ bHead: HeadIndex,
    rows: [Int]
  ) -> Double {
    guard !rows.isEmpty else { return .nan }
    var sum = 0.0
    for part in runs(of: rows) {
      let first = a.pattern(aHead, rows: part, columns: 0..<a.keyCount).elements
      let second = b.pattern(bHead, rows: part, columns: 0..<b.keyCount).elements
      for place in first.indices { sum += Double(abs(first[place] - second[place])) }
    }
    return sum / 2 / Double(rows.count)
  }

  /// Neighbouring rows together, so that each tile is asked for once.
  private static func runs(of rows: [Int]) -> [Range<Int>] {
    rows.reduce(into: []) { runs, row in
      if let last = runs.last, last.upperBound == row, last.count < 128 {
        runs[runs.count - 1] = last.lowerBound..<row + 1
      } else {
        runs.append(row..<row + 1)
      }
    }
  }
}

extension HeadTable {
  /// A table of what a function says about every head of some maps.
  ///
  /// - Parameter onProgress: Called after each layer with a share from 0 to 1; what it throws ends it.
  public init(
    _ source: any PatternSource, onProgress: (Double) throws -> Void = { _ in },
    _ value: (HeadIndex) throws -> Double
  ) rethrows {
    var values: [Double] = []
    for layer in 0..<source.layers {
      for head in 0..<source.heads {
        values.append(try value(HeadIndex(layer: layer, head: head)))
      }
      try onProgress(Double(layer + 1) / Double(source.layers))
    }
    self.init(layers: source.layers, heads: source.heads, values: values)
  }
}
