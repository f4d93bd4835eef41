import Models

/// What all maps of one pass have in common: their size, and what their tokens say about them.
public struct MapFrame: Sendable {
  /// The number of rows and of columns.
  public let queries, keys: Int
  /// Whether a query can see no later key.
  public let isCausal: Bool
  /// The tokens' ids, where queries and keys are the same tokens; empty otherwise.
  public let ids: [Int]
  /// The parts of the keys that each row's weights are summed on.
  public let spans: [PromptSpan]
  /// Where each token occurred before.
  let matches: TokenMatches

  /// The frame of maps that are `queries` by `keys`.
  ///
  /// - Parameter ids: As many as there are queries, or none.
  public init(queries: Int, keys: Int, isCausal: Bool, ids: [Int] = [], spans: [PromptSpan] = []) {
    precondition(ids.isEmpty || (ids.count == queries && keys == queries))
    self.queries = queries
    self.keys = keys
    self.isCausal = isCausal
    self.ids = ids
    self.spans = spans
    matches = TokenMatches(ids)
  }

  /// The frame of a run's maps.
  ///
  /// - Parameter ids: What tells tokens apart; nil for the prompt's own ids.
  public init<Element>(_ trace: Trace<Element>, ids: [Int]? = nil) {
    let ids = ids ?? trace.prompt.ids
    let isSquare = trace.queryCount == trace.keyCount && trace.keyCount == ids.count
    self.init(
      queries: trace.queryCount, keys: trace.keyCount, isCausal: trace.isCausal,
      ids: isSquare ? ids : [], spans: isSquare ? trace.prompt.spans : [])
  }
}
