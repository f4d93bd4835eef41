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

extension Model {
  /// The rules of a plan as interventions: what they must know of the model and the prompt is found out.
  ///
  /// - Parameters:
  ///   - plan: Which rule in which head.
  ///   - trace: A run of the prompt without any rule.
  /// - Throws: `RuleError` that says what is missing; what a second run throws.
  public func interventions<Element: Scalar>(
    _ plan: RulePlan, on trace: Trace<Element>
  ) throws -> [Intervention] {
    var ready: [RuleSpec: AppliedRule] = [:]
    return try plan.heads.sorted { $0.key < $1.key }.map { head, spec in
      guard (0..<self.plan.layers).contains(head.layer),
        self.plan.heads(inLayer: head.layer).contains(head)
      else {
        throw ModelError.noSuchHead(head, layers: self.plan.layers, heads: self.plan.heads)
      }
      let blocks = self.plan.blocks
      if let known = ready[spec] {
        try known.check(
          blocks[head.layer].attention, spans: trace.prompt.spans, grid: trace.prompt.grid)
        return .rule(head, known)
      }
      let bare = try AppliedRule(spec: spec, rule: spec.rule())
      // What is missing is said before a run is spent on the rest.
      try bare.check(
        blocks[head.layer].attention, spans: trace.prompt.spans, grid: trace.prompt.grid)
      let applied = AppliedRule(spec: spec, rule: try bare.rule.calibrated(self, trace))
      ready[spec] = applied
      return .rule(head, applied)
    }
  }
}
