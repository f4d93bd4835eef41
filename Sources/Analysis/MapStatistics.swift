import Models
import Tensors

/// What one streaming pass over a head's map keeps: O(queries + keys), never the map.
public struct MapStatistics: Sendable {
  /// The maps' size and tokens.
  public let frame: MapFrame
  /// Entropy, sum, mean distance, and largest weight of every query's row.
  public private(set) var rows: [RowSummary]
  /// The weight on key 0 and, where queries and keys are the same tokens, on the query itself.
  public private(set) var first, own: [Double]
  /// Σ over queries of the weight on each key.
  public private(set) var received: [Double]
  /// For each query, the weight on earlier occurrences of its own token.
  public private(set) var duplicate: [Double]
  /// For each query, the weight on what followed earlier occurrences of its own token.
  public private(set) var induction: [Double]
  /// For each query but the last, the weight on earlier occurrences, itself included, of the token that
  /// comes next.
  public private(set) var nextToken: [Double]
  /// For each of `frame.spans`, the weight that each query gives it.
  public private(set) var onSpans: [[Double]]
  /// The last query's weights, `[keys]`.
  public private(set) var lastRow: [Double]
  /// Σ of the weights at each `key − query`, the smallest first.
  private var byOffset: [Double]

  /// Statistics of no query yet.
  init(_ frame: MapFrame) {
    self.frame = frame
    let none = [Double](repeating: 0, count: frame.queries)
    rows = Array(repeating: .empty, count: frame.queries)
    first = none
    own = none
    received = Array(repeating: 0, count: frame.keys)
    duplicate = none
    induction = none
    nextToken = none
    onSpans = Array(repeating: none, count: frame.spans.count)
    lastRow = received
    byOffset = Array(repeating: 0, count: max(0, frame.queries + frame.keys - 1))
  }

  /// Statistics of a map that is at hand.
  ///
  /// - Parameters:
  ///   - pattern: `[query, key]`.
  ///   - ids: The tokens; none when their repeats are of no interest.
  public init<Element: Scalar>(
    pattern: Tensor<Element>, ids: [Int] = [], spans: [PromptSpan] = [], isCausal: Bool = true
  ) {
    self.init(
      MapFrame(
        queries: pattern.shape[0], keys: pattern.shape[1], isCausal: isCausal, ids: ids,
        spans: spans))
    add(pattern.matrix, rows: 0..<queries, Element.PreferredKernels.self)
  }

  /// The number of queries and of keys.
  public var queries: Int { frame.queries }
  /// The number of keys.
  public var keys: Int { frame.keys }

  /// Σ over queries of the weight on the key that lies `distance` before; negative for later keys.
  public func mass(at distance: Int) -> Double {
    let index = queries - 1 - distance
    return byOffset.indices.contains(index) ? byOffset[index] : 0
  }

  /// The mean weight at a distance, over the queries that have such a key; `.nan` when none has.
  ///
  /// With as many keys as queries this is the mean of a diagonal, over all of its entries.
  public func diagonal(_ distance: Int) -> Double {
    let count = min(queries, keys + distance) - max(0, distance)
    return count > 0 ? mass(at: distance) / Double(count) : .nan
  }

  /// Gu's α: the mean weight on a key over the queries from the key on; of a map that is not causal, over
  /// all queries.
  ///
  /// Source: Gu et al. 2024, "When Attention Sink Emerges in Language Models".
  public func alpha(_ key: Int) -> Double {
    received[key] / Double(frame.isCausal ? max(1, queries - key) : queries)
  }

  /// Queries whose row holds NaN or an infinite number.
  public var brokenRows: Int { rows.count { !$0.total.isFinite } }

  /// Takes some queries' rows.
  ///
  /// - Parameters:
  ///   - tile: `[rows, keys]`, keys from 0; those left out at the end are zero.
  ///   - rows: Which queries; each is taken once.
  mutating func add<K: Kernels>(_ tile: Matrix<K.Element>, rows range: Range<Int>, _: K.Type) {
    for (row, query) in range.enumerated() {
      rows[query] = K.summarise(
        tile, row: row, query: query, byKey: &received, byOffset: &byOffset,
        first: queries - 1 - query)
      if tile.columns > 0 { first[query] = Double(tile[row, 0]) }
      if tile.columns > query { own[query] = Double(tile[row, query]) }
      for (index, span) in frame.spans.enumerated() {
        onSpans[index][query] = K.sum(tile, row: row, keys: Self.keys(span), shift: 0)
      }
      if query == queries - 1 {
        tile.withRow(row) { weights in
          for key in weights.indices { lastRow[key] = Double(weights[key]) }
        }
      }
      guard !frame.ids.isEmpty else { continue }
      let earlier = frame.matches.earlier(query)
      duplicate[query] = K.sum(tile, row: row, keys: earlier, shift: 0)
      induction[query] = K.sum(tile, row: row, keys: earlier, shift: 1)
      if query + 1 < queries {
        nextToken[query] = K.sum(
          tile, row: row, keys: frame.matches.earlier(query + 1), shift: 0)
      }
    }
  }

  private static func keys(_ span: PromptSpan) -> ArraySlice<Int32> {
    span.tokens.map { Int32($0) }[...]
  }
}
