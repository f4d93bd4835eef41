import Models
import Tensors

extension MapStatistics {
  /// What `body` makes of the statistics of every head of a run, `[layer][head]`, from one pass over
  /// tiles of its maps.
  ///
  /// Each head's statistics are let go when `body` returns, so that memory is what `body` keeps.
  ///
  /// - Parameters:
  ///   - trace: A run.
  ///   - ids: What tells tokens apart; nil for the prompt's own ids.
  ///   - onProgress: Called after each layer with a share from 0 to 1; what it throws ends the pass.
  ///   - body: Called on several threads.
  /// - Complexity: O(layers × heads × seq² × dHead) time, O(threads × seq) memory and the results.
  public static func reduce<Element: Scalar, Result: Sendable>(
    _ trace: Trace<Element>, ids: [Int]? = nil,
    onProgress: (Double) throws -> Void = { _ in },
    _ body: @Sendable (HeadIndex, MapStatistics) -> Result
  ) rethrows -> [[Result]] {
    let frame = MapFrame(trace, ids: ids)
    return try reduce(frame, layers: trace.layers, heads: trace.heads, onProgress) { head in
      var statistics = MapStatistics(frame)
      trace.forEachTile(head, rows: 0..<frame.queries) { tile, rows, keys, entropies in
        statistics.add(
          tile, rows: rows, keys: keys, entropies: entropies, Element.PreferredKernels.self)
      }
      return body(head, statistics)
    }
  }

  /// The same over maps that come from anywhere, such as a file.
  ///
  /// - Parameter ids: The tokens, where queries and keys are the same; none otherwise.
  public static func reduce<Result: Sendable>(
    maps: any PatternSource, ids: [Int] = [], spans: [PromptSpan] = [],
    onProgress: (Double) throws -> Void = { _ in },
    _ body: @Sendable (HeadIndex, MapStatistics) -> Result
  ) rethrows -> [[Result]] {
    let frame = MapFrame(
      queries: maps.queryCount, keys: maps.keyCount, isCausal: maps.isCausal, ids: ids, spans: spans
    )
    let keys = 0..<frame.keys
    let step = min(128, max(16, 131_072 / max(1, frame.keys)))
    return try reduce(frame, layers: maps.layers, heads: maps.heads, onProgress) { head in
      var statistics = MapStatistics(frame)
      for start in stride(from: 0, to: frame.queries, by: step) {
        let rows = start..<min(frame.queries, start + step)
        statistics.add(
          maps.pattern(head, rows: rows, columns: keys).matrix, rows: rows, keys: keys,
          Float.PreferredKernels.self)
      }
      return body(head, statistics)
    }
  }

  /// The statistics of every head of a run, `[layer][head]`.
  ///
  /// - Complexity: As `reduce`, and O(layers × heads × seq) memory.
  public static func all<Element: Scalar>(
    _ trace: Trace<Element>, onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> [[MapStatistics]] {
    try reduce(trace, onProgress: onProgress) { $1 }
  }

  private static func reduce<Result: Sendable>(
    _ frame: MapFrame, layers: Int, heads: Int, _ onProgress: (Double) throws -> Void,
    _ result: @Sendable (HeadIndex) -> Result
  ) rethrows -> [[Result]] {
    var all: [[Result]] = []
    for layer in 0..<layers {
      let results = Slots<Result>(count: heads)
      Parallel.forEach(heads) { head in
        results.put(result(HeadIndex(layer: layer, head: head)), at: head)
      }
      all.append(results.take())
      try onProgress(Double(layer + 1) / Double(layers))
    }
    return all
  }
}
