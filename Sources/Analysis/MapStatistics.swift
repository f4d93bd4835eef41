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
    add(
      pattern.matrix, rows: 0..<queries, keys: 0..<keys, Element.PreferredKernels.self)
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

  /// Takes a tile of the map.
  ///
  /// - Parameters:
  ///   - tile: `[queries, keys]`.
  ///   - range: Which queries.
  ///   - keys: Which keys; each pair is taken once, those left out are zero, and those of one query come with
  ///     ascending keys.
  ///   - entropies: `Σ −p ln p` of the tile's rows, `[1, queries]`, where they are known.
  @_specialize(where K == OneDNNKernels) @_specialize(where K == PlainKernels<Double>)
  mutating func add<K: Kernels>(
    _ tile: Matrix<K.Element>, rows range: Range<Int>, keys: Range<Int>,
    entropies: Matrix<K.Element>? = nil, _: K.Type
  ) {
    let start = keys.lowerBound
    let spans = frame.spans.map { span in span.tokens.map { Int32($0) }[...] }
    for (row, query) in range.enumerated() {
      rows[query] = rows[query].joined(
        K.summarise(
          tile, row: row, query: query, firstKey: start, byKey: &received, byOffset: &byOffset,
          first: queries - 1 - query, entropy: entropies.map { Double($0[0, row]) }))
      if keys.contains(0) { first[query] = Double(tile[row, 0]) }
      if keys.contains(query) { own[query] = Double(tile[row, query - start]) }
      for (index, span) in spans.enumerated() {
        onSpans[index][query] += K.sum(tile, row: row, keys: span, shift: -start)
      }
      if query == queries - 1 {
        tile.withRow(row) { weights in
          for column in weights.indices { lastRow[start + column] = Double(weights[column]) }
        }
      }
      guard !frame.ids.isEmpty else { continue }
      let matches = frame.matches
      func sum(at position: Int, within keys: Range<Int>, shift: Int) -> Double {
        let earlier = matches.earlier(position, within: keys)
        return earlier.isEmpty ? 0 : K.sum(tile, row: row, keys: earlier, shift: shift)
      }
      duplicate[query] += sum(at: query, within: keys, shift: -start)
      induction[query] += sum(
        at: query, within: start - 1..<keys.upperBound - 1, shift: 1 - start)
      if query + 1 < queries {
        nextToken[query] += sum(at: query + 1, within: keys, shift: -start)
      }
    }
  }
}
