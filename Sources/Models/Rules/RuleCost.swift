extension Trace {
  /// The share of keys and values that decoding the next token would keep under a head's rule.
  ///
  /// Known where the rule is a mask on a causal map, from the keys that the last query keeps, and one where
  /// nothing is dropped.
  ///
  /// - Returns: Nil where the rule's card has only a formula.
  public func ruleKVFraction(_ head: HeadIndex) -> Double? {
    guard let ruled = ruled(head) else { return 1 }
    guard case .softmax(let mask, _, let weights) = ruled.rule.weights, ruled.head.isCausal else {
      return nil
    }
    guard let mask else { return weights == nil ? 1 : nil }
    let seen = ruled.head.visible(seq - 1)
    let kept = mask.keys(seq - 1, visible: seen).reduce(0) { $0 + $1.count }
    return Double(kept) / Double(max(1, seen.count))
  }
}
