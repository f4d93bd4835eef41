import Models
import Tensors

/// QRScore's sum over a document's tokens.
enum QueryRetrieval {
  /// The mean over the query's tokens of the weight on each gold token; empty without a query.
  static func weights<Element: Scalar>(
    _ trace: Trace<Element>, _ head: HeadIndex, query: Range<Int>, gold: Range<Int>
  ) -> [Double] {
    guard !query.isEmpty else { return [] }
    var sums = [Double](repeating: 0, count: gold.count)
    for row in query {
      let weights = trace.visiblePattern(head, rows: row..<row + 1)
      for (index, key) in gold.enumerated() where key < weights.count {
        sums[index] += Double(weights[0, key]) / Double(query.count)
      }
    }
    return sums
  }

  /// Σ of the weights, those under a query that asks nothing subtracted, and then those left out that lie more
  /// than two deviations below the mean.
  ///
  /// - Returns: `.nan` without a query.
  static func score(_ weights: [Double], less base: [Double]? = nil) -> Double {
    guard !weights.isEmpty else { return .nan }
    return filtered(base.map { zip(weights, $0).map { $0 - $1 } } ?? weights).reduce(0, +)
  }

  /// Numbers that are not more than two deviations (by n − 1) below their mean.
  static func filtered(_ values: [Double]) -> [Double] {
    let deviation = Statistics.deviation(values)
    guard !deviation.isNaN else { return values }
    let bar = Statistics.mean(values) - 2 * deviation
    return deviation > 0 ? values.filter { $0 > bar } : values
  }
}

/// A prompt's run with another query in it.
struct NullQueryRun<Element: Scalar>: Sendable {
  let trace: Trace<Element>
  /// Where that query stands.
  let query: Range<Int>

  /// Where a stretch of the first prompt stands in this one: what follows the query has moved with its end.
  func places(of gold: Range<Int>, after old: Range<Int>) -> Range<Int> {
    guard gold.lowerBound >= old.upperBound else { return gold }
    let shift = query.upperBound - old.upperBound
    return gold.lowerBound + shift..<gold.upperBound + shift
  }
}

extension ScoreInput {
  /// The prompt with "N/A" in place of its query, run; nil where nothing says what tokens that is.
  ///
  /// - Throws: What the run throws.
  func withNullQuery(_ query: Range<Int>) throws -> NullQueryRun<Element>? {
    guard !options.nullQuery.isEmpty else { return nil }
    let own = try trace()
    let ids = own.prompt.ids
    let changed =
      Array(ids[..<query.lowerBound]) + options.nullQuery + Array(ids[query.upperBound...])
    return NullQueryRun(
      trace: try model.run(Prompt(ids: changed).tokens, inPlaceOf: own),
      query: query.lowerBound..<query.lowerBound + options.nullQuery.count)
  }
}
