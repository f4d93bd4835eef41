import Models

/// What the compare view lays side by side.
public enum Comparison: String, Sendable, CaseIterable {
  /// Another head and this one.
  case heads
  /// This head before and after what was changed about the model.
  case change
  /// This head on another prompt and on this one.
  case prompts
}

extension ExplorerState {
  /// What is compared: what was chosen, as far as there is something to compare with.
  var compared: Comparison {
    switch comparison {
    case .change? where before != nil: .change
    case .prompts? where otherSubject != nil: .prompts
    case .heads?: .heads
    default: before != nil ? .change : otherSubject != nil ? .prompts : .heads
    }
  }

  /// The head that this one is compared with: the first selected one, else the one before.
  var otherHead: HeadIndex {
    if let chosen = selected.sorted().first(where: { $0 != head }) { return chosen }
    guard let patterns = subject?.patterns, patterns.heads > 1 else { return head }
    let other = head.head == 0 ? 1 : head.head - 1
    return HeadIndex(layer: head.layer, head: other)
  }
}
