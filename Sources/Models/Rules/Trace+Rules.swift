import Synchronization
import Tensors

/// The rules of a run, each made ready for its head when somebody asks first.
final class PreparedRules<Element: Scalar>: Sendable {
  /// Which rule stands in which head.
  let rules: [HeadIndex: AppliedRule]
  private let ready: Mutex<[HeadIndex: RuledHead<Element.PreferredKernels>]> = Mutex([:])
  private let layers: Mutex<[Int: RuleLayer<Element.PreferredKernels>]> = Mutex([:])

  init(_ rules: [HeadIndex: AppliedRule]) { self.rules = rules }

  /// A head under its rule; nil for a head without one.
  ///
  /// - Parameter layer: Makes the layer's view, once for all of its heads.
  func head(
    _ head: HeadIndex, layer: (Int) -> RuleLayer<Element.PreferredKernels>
  ) -> RuledHead<Element.PreferredKernels>? {
    guard let applied = rules[head] else { return nil }
    if let known = ready.withLock({ $0[head] }) { return known }
    let view = layers.withLock { layers in
      let view = layers[head.layer] ?? layer(head.layer)
      layers[head.layer] = view
      return view
    }
    // Not under the lock: other heads are prepared at the same time.
    let made = RuledHead(RuleHead(layer: view, head: head.head), applied.rule)
    ready.withLock { ready in
      // A rule may keep turned keys or factors for each head: those of a few layers are enough.
      if ready.count >= 64 { ready.removeAll() }
      ready[head] = made
    }
    return made
  }
}

extension Trace {
  /// One layer as rules see it: as the model computed it, whatever rule is in force.
  func ruleLayer(_ layer: Int) -> RuleLayer<Element.PreferredKernels> {
    RuleLayer(
      heads: plan.heads(inLayer: layer).map { attention($0) }, layer: layer, layers: layers,
      residual: residuals[layer].matrix, spans: prompt.spans, grid: prompt.grid)
  }

  /// A head under the rule that is in force there; nil for a head without one.
  func ruled(_ head: HeadIndex) -> RuledHead<Element.PreferredKernels>? {
    prepared.head(head) { ruleLayer($0) }
  }

  /// Which rules are in force, whether frozen in or run.
  public var rules: RulePlan {
    var plan = RulePlan()
    for (head, applied) in prepared.rules { plan[head] = applied.spec }
    return plan
  }

  /// What is in force, for headers and status lines; nil without a rule.
  public var ruleNotice: String? {
    guard let reach, !rules.isEmpty else { return nil }
    return "rule \(rules.text(plan)), \(reach.rawValue)"
  }

  /// What came out while a head's rule was prepared, such as how many sinks it found.
  public func ruleFacts(_ head: HeadIndex) -> [RuleFact] { ruled(head)?.rule.facts ?? [] }

  /// The same run with rules in some heads, everything that goes into them frozen: maps and weighted values of
  /// those heads change and nothing else does.
  ///
  /// - Parameter interventions: Rules, from `Model.interventions(_:on:)`; others are ignored.
  /// - Complexity: One pass over the maps of those heads.
  public func freezing(_ interventions: [Intervention]) -> Trace {
    var rules = prepared.rules
    for case .rule(let head, let rule) in interventions { rules[head] = rule }
    var layers = attention
    let ruled = PreparedRules<Element>(rules)
    let edits = Edits<Element>(rules.map { .rule($0.key, $0.value) })
    for (layer, heads) in Dictionary(grouping: rules.keys, by: \.layer) {
      let view = ruleLayer(layer)
      var z = layers[layer].weightedValues
      AttentionOutput<Element.PreferredKernels>.fill(
        z.mutableMatrix(), heads: view.heads, seq: seq, only: heads.map(\.head),
        ruled: edits.ruled(view))
      layers[layer].replaceWeightedValues(z, Element.PreferredKernels.self)
    }
    return Trace(
      prompt: prompt, plan: plan, residuals: residuals, attention: layers,
      interventions: self.interventions, frozen: ruled, streams: streams, keyPrompt: keyPrompt,
      file: file)
  }

  /// The same in several parts of a run.
  func freezing(_ rules: [StreamName: [Intervention]]) -> Trace {
    let others = streams.compactMap { name, stream in
      rules[name].map { (name, stream.freezing($0)) }
    }
    return (rules[.decoder].map { freezing($0) } ?? self)
      .adding(Dictionary(uniqueKeysWithValues: others))
  }
}
