import Analysis
import Foundation
import Models
import Tensors

/// How long one attention rule takes.
struct RuleTime: Encodable {
  /// With its parameters.
  let rule: String
  let family: String
  /// What the rule must know of a plain run, such as a second one: once, whatever the heads.
  var calibrationSeconds: Double?
  /// In one head, its inputs frozen: the new map and output, and every measure of how far they moved.
  var localSeconds: Double?
  /// A run with the rule in all heads, and how many plain ones that is.
  var propagatedSeconds, plainRuns: Double?
  /// Why there is no time.
  var reason: String?

  /// A table for people.
  static func text(_ rules: [RuleTime]) -> String {
    func milliseconds(_ seconds: Double?) -> String {
      seconds.map { String(format: "%.1f", $0 * 1000) } ?? "·"
    }
    var table = TextTable(
      ["family", "ms: calibration", "one head", "all heads", "plain runs", "rule"], leading: [0, 5])
    for rule in rules {
      table.add([
        rule.family, milliseconds(rule.calibrationSeconds), milliseconds(rule.localSeconds),
        milliseconds(rule.propagatedSeconds),
        rule.plainRuns.map { String(format: "%.2f", $0) } ?? "·", rule.reason ?? rule.rule,
      ])
    }
    return "\n" + table.text
  }
}

extension Bench {
  /// The rules to time.
  ///
  /// - Throws: `RuleError`; before a model is opened.
  func specs() throws -> [RuleSpec] {
    try rule.flatMap { text in
      text == "all"
        ? try AttentionRules.all.map { try RuleSpec($0.card.name) } : [try RuleSpec(parsing: text)]
    }
  }

  /// Each rule in a head in the middle; those of the mask family also in all heads.
  ///
  /// Where a rule is about spans and none are marked, the prompt is given two, of an eighth each.
  func times<Element: Scalar>(
    of rules: [RuleSpec], on trace: Trace<Element>, _ model: Model, forward: Double
  ) throws -> [RuleTime] {
    let eighth = trace.seq / 8
    var plain = trace
    if trace.prompt.spans.isEmpty, eighth > 0,
      rules.contains(where: { $0.card.needs.contains(.spans) })
    {
      let spans = [
        PromptSpan(name: "first", tokens: eighth..<2 * eighth),
        PromptSpan(name: "second", tokens: 2 * eighth..<3 * eighth),
      ]
      plain = try model.run(trace.prompt.marking(spans))
    }
    let head = HeadIndex(layer: model.plan.layers / 2, head: 0)
    return try rules.map { spec in
      let card = spec.card
      var time = RuleTime(rule: spec.description, family: card.family.rawValue)
      do {
        let (changes, calibration) = try timed(times: 1) {
          try model.interventions(RulePlan(spec, in: [head]), on: plain)
        }
        time.calibrationSeconds = calibration
        time.localSeconds = try timed(times: repeats + 1) {
          try RuleDrift.measure([head], plain: plain, ruled: plain.freezing(changes))
        }.seconds
        guard card.family == .mask else { return time }
        let everywhere = try model.interventions(RulePlan(spec, in: model.plan.allHeads), on: plain)
        let seconds = try timed(times: repeats) {
          try model.run(plain.prompt, as: Element.self, interventions: everywhere, reusing: plain)
        }.seconds
        time.propagatedSeconds = seconds
        time.plainRuns = seconds / forward
      } catch let error as RuleError {
        time.reason = error.description
      }
      return time
    }
  }
}
