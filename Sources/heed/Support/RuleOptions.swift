import ArgumentParser
import Models
import Tensors

extension RuleReach: ExpressibleByArgument {}

/// An attention rule, and how far it reaches.
struct RuleOptions: ParsableArguments {
  @Option(help: "An attention rule: NAME or NAME:key=value,…; heed rules lists them")
  var rule: String?

  @Option(help: "What the rule reaches: each head on its frozen inputs, or a new forward pass")
  var scope = RuleReach.local

  /// The rule.
  ///
  /// - Throws: `RuleError`; before a model is opened.
  func spec() throws -> RuleSpec? { try rule.map { try RuleSpec(parsing: $0) } }
}

extension Running {
  /// A run under a rule in some heads.
  ///
  /// - Parameters:
  ///   - plain: The run without it.
  ///   - reach: Frozen into that run, or run again.
  static func ruled<Element: Scalar>(
    _ model: Model, _ plain: Trace<Element>, _ plan: RulePlan, _ reach: RuleReach
  ) throws -> Trace<Element> {
    Interruption.listen()
    let rules = try model.interventions(plan, on: plain)
    guard reach == .propagated else { return plain.freezing(rules) }
    return try model.run(plain.prompt, interventions: rules, reusing: plain) { _ in
      try Interruption.check()
    }
  }
}
