/// Which keys a query can see: always neighbours, so that one range per query says it.
public enum MaskPlan: Sendable, Hashable {
  /// Itself and everything before it.
  case causal
  /// Everything.
  case bidirectional
  /// Keys up to a distance: `before` of them before the query, `after` of them after it.
  case window(before: Int, after: Int)
  /// Itself and what is before it in the same stretch of so many tokens.
  case chunk(Int)

  /// Itself and the tokens before it, `size` in all ("sliding window").
  static func sliding(_ size: Int) -> MaskPlan { .window(before: size - 1, after: 0) }

  /// The keys that a query can see.
  ///
  /// - Parameter keyCount: How many there are.
  public func visible(query: Int, keyCount: Int) -> Range<Int> {
    switch self {
    case .causal: 0..<min(keyCount, query + 1)
    case .bidirectional: 0..<keyCount
    case .window(let before, let after):
      max(0, query - before)..<min(keyCount, query + after + 1)
    case .chunk(let size): query / size * size..<min(keyCount, query + 1)
    }
  }

  /// Whether no query sees a later key.
  public var isCausal: Bool {
    switch self {
    case .causal, .chunk: true
    case .window(_, let after): after == 0
    case .bidirectional: false
    }
  }
}
