import Tensors

extension Model {
  /// The rules of a plan as interventions: what they must know of the model and the prompt is found out.
  ///
  /// - Parameters:
  ///   - plan: Which rule in which head.
  ///   - trace: A run of the prompt without any rule; of several stacks, the part that has the heads.
  /// - Throws: `RuleError` that says what is missing; `ModelError.noSuchHead`, `.interventionInCross`; what a
  ///   second run throws.
  public func interventions<Element: Scalar>(
    _ plan: RulePlan, on trace: Trace<Element>
  ) throws -> [Intervention] {
    var ready: [RuleSpec: AppliedRule] = [:]
    return try plan.heads.sorted { $0.key < $1.key }.map { head, spec in
      let own = trace.plan
      guard (0..<own.layers).contains(head.layer), own.heads(inLayer: head.layer).contains(head)
      else { throw ModelError.noSuchHead(head, layers: own.layers, heads: own.heads) }
      let attention = own.blocks[head.layer].attention
      let bare = try ready[spec] ?? AppliedRule(spec: spec, rule: spec.rule())
      // What is missing is said before a run is spent on the rest.
      guard trace.keyPrompt == nil || Intervention.rule(head, bare).suitsCrossAttention else {
        throw ModelError.interventionInCross(layer: head.layer)
      }
      try bare.check(attention, spans: trace.prompt.spans, grid: trace.prompt.grid)
      let applied =
        try ready[spec]
        ?? AppliedRule(spec: spec, rule: bare.rule.calibrated(self, trace))
      ready[spec] = applied
      return .rule(head, applied)
    }
  }

  /// A run under rules, of all parts.
  ///
  /// - Parameters:
  ///   - rules: By part.
  ///   - reach: Frozen into `base`, or run again.
  ///   - others: What else is changed in a run; nothing of it where rules are frozen in.
  ///   - base: A run of all parts without any change.
  ///   - file: Holds what the run keeps; nil for where `base` has it, else for memory.
  ///   - onProgress: Called between blocks; what it throws ends the run.
  /// - Throws: What `interventions(_:on:)` and running throw; `ModelError.noSuchStream`.
  public func run<Element: Scalar>(
    under rules: [StreamName: RulePlan], reach: RuleReach,
    beside others: [StreamName: [Intervention]] = [:], base: Trace<Element>,
    keeping file: KeptFile? = nil, onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> Trace<Element> {
    var ruled: [StreamName: [Intervention]] = [:]
    for (stream, plan) in rules {
      ruled[stream] = try interventions(plan, on: self.stream(stream, of: base))
    }
    guard reach == .propagated else { return base.freezing(ruled) }
    return try run(
      base.wholePrompt, interventions: others.merging(ruled) { $0 + $1 }, reusing: base,
      keeping: file, onProgress: onProgress)
  }
}
