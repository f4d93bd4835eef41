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
  /// Every rule, with its defaults, in a head in the middle; those of the mask family also in all heads.
  ///
  /// A prompt without spans is given two, of an eighth each, so that rules about spans have some.
  func times<Element: Scalar>(
    ofRulesOn trace: Trace<Element>, _ model: Model, forward: Double
  ) throws -> [RuleTime] {
    let eighth = trace.seq / 8
    let prompt =
      trace.prompt.spans.isEmpty && eighth > 0
      ? try trace.prompt.marking([
        PromptSpan(name: "first", tokens: eighth..<2 * eighth),
        PromptSpan(name: "second", tokens: 2 * eighth..<3 * eighth),
      ]) : trace.prompt
    let plain: Trace<Element> = try model.run(prompt)
    let head = HeadIndex(layer: model.plan.layers / 2, head: 0)
    return try AttentionRules.all.map { rule in
      let spec = try RuleSpec(rule.card.name)
      var time = RuleTime(rule: spec.description, family: rule.card.family.rawValue)
      do {
        let (changes, calibration) = try timed(times: 1) {
          try model.interventions(RulePlan(spec, in: [head]), on: plain)
        }
        time.calibrationSeconds = calibration
        time.localSeconds = try timed(times: repeats + 1) {
          try RuleDrift.measure([head], plain: plain, ruled: plain.freezing(changes))
        }.seconds
        guard rule.card.family == .mask else { return time }
        let everywhere = try model.interventions(RulePlan(spec, in: model.plan.allHeads), on: plain)
        let seconds = try timed(times: repeats) {
          try model.run(prompt, as: Element.self, interventions: everywhere, reusing: plain)
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
