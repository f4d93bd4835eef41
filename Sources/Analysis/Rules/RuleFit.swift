import Models
import Tensors

/// For every head the rule that it tolerates best at one budget of keys.
///
/// Tolerance is the head's output error with its inputs frozen, ‖(M − A)V‖ / ‖AV‖: a local measure. What the
/// plan as a whole costs is told by `losses`, which are propagated.
public struct RuleFit: Sendable {
  /// The share of keys.
  public let budget: Double
  /// The rules that were tried, each at the budget.
  public let candidates: [RuleSpec]
  /// For each candidate, every head's output error, `[layer, head]`; `.nan` where it is undefined.
  public let errors: [HeadTable]
  /// The best candidate of each head.
  public let plan: RulePlan

  /// A plan's loss in nats.
  public struct Loss: Sendable {
    /// The rule that stands in all heads; nil for the fitted plan.
    public let uniform: RuleSpec?
    /// Nats per token, of a class nats; `.nan` where nothing is predicted, as of one token.
    public let loss: Double
  }

  /// Tries rules in every head.
  ///
  /// - Parameters:
  ///   - names: Rules that have a budget, from `RuleBudget.names`.
  ///   - budget: From above 0 to 1.
  ///   - trace: A run without rules.
  ///   - onProgress: Called after each rule with a share; what it throws ends the work.
  /// - Throws: `RuleError` about a rule that does not fit the model.
  /// - Complexity: One pass over all maps for each rule.
  public init<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, names: [String], budget: Double,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws {
    self.budget = budget
    let candidates = try names.map { try RuleBudget.spec($0, share: budget, seq: trace.seq) }
    var errors: [HeadTable] = []
    for (index, spec) in candidates.enumerated() {
      let rules = try model.interventions(RulePlan(spec, in: trace.plan.allHeads), on: trace)
      errors.append(Self.errors(trace, trace.freezing(rules)))
      try onProgress(Double(index + 1) / Double(candidates.count))
    }
    var plan = RulePlan()
    for head in trace.plan.allHeads {
      let defined = errors.indices.filter { !errors[$0][head].isNaN }
      guard let best = defined.min(by: { errors[$0][head] < errors[$1][head] }) else { continue }
      plan[head] = candidates[best]
    }
    self.candidates = candidates
    self.errors = errors
    self.plan = plan
  }

  /// The losses of the plan and of each candidate in all heads, the plan first.
  ///
  /// - Parameters:
  ///   - stream: The part that rules were tried in.
  ///   - base: A run of all parts without rules.
  ///   - objective: What plans are judged by, such as `Model.naturalObjective`.
  /// - Complexity: One run for each.
  public func losses<Element: Scalar>(
    _ model: Model, in stream: StreamName = .decoder, _ base: Trace<Element>,
    by objective: Objective, onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [Loss] {
    let heads = try model.stream(stream, of: base).plan.allHeads
    let plans = [(nil, plan)] + candidates.map { ($0, RulePlan($0, in: heads)) }
    return try plans.enumerated().map { index, entry in
      let run = try model.run(under: [stream: entry.1], reach: .propagated, base: base)
      try onProgress(Double(index + 1) / Double(plans.count))
      return Loss(uniform: entry.0, loss: try model.outcome(of: run, by: objective).value)
    }
  }

  /// How much each key/value head needs all keys, `[layer][KV head]`, from 0 to 1: the largest error that
  /// streaming makes in a head of its group, cut at 1; DuoAttention's `full_attention_heads.tsv`.
  ///
  /// - Returns: Nil when streaming was not among the candidates.
  public func fullAttention(_ plan: ModelPlan) -> [[Double]]? {
    guard let index = candidates.firstIndex(where: { $0.name == "streaming" }) else { return nil }
    return (0..<plan.layers).map { layer in
      let attention = plan.blocks[layer].attention
      var needs = [Double](repeating: 0, count: attention.kvHeads)
      for head in plan.heads(inLayer: layer) {
        let error = errors[index][head]
        let kvHead = attention.kvHead(of: head.head)
        needs[kvHead] = max(needs[kvHead], error.isNaN ? 0 : min(1, error))
      }
      return needs
    }
  }

  /// Every head's output error.
  static func errors<Element: Scalar>(
    _ plain: Trace<Element>, _ ruled: Trace<Element>
  ) -> HeadTable {
    var table = HeadTable(repeating: .nan, layers: plain.layers, heads: plain.heads)
    for head in plain.plan.allHeads { table[head] = RuleDrift.outputError(head, plain, ruled) }
    return table
  }
}

/// Rules that can be told how many keys a query may read.
public enum RuleBudget {
  /// Alphabetical; oracles, which must know the map, are not among them.
  public static let names = ["razor", "recycled", "s2", "streaming", "titans-mask", "window"]

  /// Those that are defined for a model.
  public static func names(fitting plan: ModelPlan) -> [String] {
    names.filter { name in
      plan.isCausal || AttentionRules.named(name)?.card.needs.contains(.causal) == false
    }
  }

  /// A rule whose queries read about a share of the keys.
  ///
  /// - Parameters:
  ///   - name: From `names`.
  ///   - share: From above 0 to 1.
  ///   - seq: The number of tokens.
  /// - Throws: `RuleError.unknownRule` for other names.
  public static func spec(_ name: String, share: Double, seq: Int) throws(RuleError) -> RuleSpec {
    let keys = min(seq, max(2, Int((share * Double(seq)).rounded())))
    let sink = min(4, keys - 1)
    let text: String
    switch name {
    case "streaming": text = "streaming:sink=\(sink),recent=\(keys - sink)"
    case "window": text = "window:size=\(keys)"
    case "titans-mask": text = "titans-mask:size=\(keys)"
    case "razor":
      // One key of the budget is the compensation token.
      text = "razor:sink=\(sink),local=\(max(1, keys - sink - 1)),share=0"
    case "recycled":
      // Half of the keys on average are those since the last full step.
      let stride = max(2, min(10, keys / 2))
      text = "recycled:stride=\(stride),k=\(max(1, keys - stride / 2))"
    case "s2":
      // Half of the budget nearby, half in the shard.
      let block = max(1, min(64, keys / 8))
      let local = max(1, keys / 2 / block)
      text = "s2:block=\(block),local=\(local),stride=\(max(1, Int((2 / share).rounded())))"
    default: throw .unknownRule(name, known: names)
    }
    return try RuleSpec(parsing: text)
  }
}
