import Tensors

/// Where the effect of a rule is followed to.
public enum RuleReach: String, Sendable, CaseIterable {
  /// Inside each head, its inputs as they were: nothing downstream changes.
  case local
  /// Through a new forward pass.
  case propagated
}

/// A rule that knows all it must know of a model and a prompt.
public struct AppliedRule: Sendable {
  /// Its name and parameters.
  public let spec: RuleSpec
  /// The rule itself.
  let rule: any AttentionRule

  /// Checks that one layer and prompt have what the rule needs.
  ///
  /// - Throws: `RuleError` that says what is missing and how to give it.
  func check(_ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?) throws(RuleError) {
    let name = spec.name
    let needs = rule.needs
    if needs.contains(.grid), grid == nil { throw .gridMissing(rule: name) }
    if needs.contains(.unrotated), let other = plan.position.nameUnlessRotary {
      throw .notRotary(rule: name, positions: other)
    }
    if needs.contains(.causal), !plan.mask.isCausal { throw .causalNeeded(rule: name) }
    if needs.contains(.bidirectional), plan.mask.isCausal {
      throw .bidirectionalNeeded(rule: name)
    }
    try rule.check(plan, spans: spans, grid: grid)
  }
}

extension PositionPlan {
  /// What positions are, in words; nil for rotary ones.
  var nameUnlessRotary: String? {
    switch self {
    case .rotary: nil
    case .none: "added to the embeddings or absent"
    case .alibi: "ALiBi"
    case .buckets: "relative buckets"
    case .disentangled: "disentangled"
    }
  }
}
