import Models
import Tensors

/// QRScore's sum over a document's tokens.
enum QueryRetrieval {
  /// Σ over the gold tokens of the query tokens' mean weight, those more than two deviations below the
  /// mean left out.
  static func score<Element: Scalar>(
    _ trace: Trace<Element>, _ head: HeadIndex, query: Range<Int>, gold: Range<Int>
  ) -> Double {
    guard !query.isEmpty else { return .nan }
    var sums = [Double](repeating: 0, count: gold.count)
    for row in query {
      let weights = trace.visiblePattern(head, rows: row..<row + 1)
      for (index, key) in gold.enumerated() where key < weights.count {
        sums[index] += Double(weights[0, key]) / Double(query.count)
      }
    }
    return filtered(sums).reduce(0, +)
  }

  /// Numbers that are not more than two deviations (by n − 1) below their mean.
  static func filtered(_ values: [Double]) -> [Double] {
    let deviation = Statistics.deviation(values)
    guard !deviation.isNaN else { return values }
    let bar = Statistics.mean(values) - 2 * deviation
    return deviation > 0 ? values.filter { $0 > bar } : values
  }
}
