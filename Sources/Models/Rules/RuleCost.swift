extension Trace {
  /// The share of keys and values that decoding the next token would keep under a head's rule.
  ///
  /// Of a mask, the keys that the last query keeps; one where a rule reads differently from a cache that it keeps
  /// whole.
  ///
  /// - Returns: Nil for attention that sees both ways, which keeps no cache, and for a rule that keeps a state in
  ///   place of keys: its card says of what size.
  public func ruleKVFraction(_ head: HeadIndex) -> Double? {
    guard let ruled = ruled(head) else { return 1 }
    guard ruled.head.isCausal else { return nil }
    let seen = ruled.head.visible(seq - 1)
    let kept: Int
    switch ruled.rule.cache {
    case .state: return nil
    case .keys(let count): kept = min(count, seen.count)
    case .byWeights:
      guard case .softmax(let mask?, _, _) = ruled.rule.weights else { return 1 }
      kept = mask.keys(seq - 1, visible: seen).reduce(0) { $0 + $1.count }
    }
    return Double(kept) / Double(max(1, seen.count))
  }
}
