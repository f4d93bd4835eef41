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
  /// The part of a run that was asked for, under a rule in some of its heads.
  ///
  /// - Parameters:
  ///   - plain: The run of all parts without it.
  ///   - reach: Frozen into that run, or run again.
  static func ruled<Element: Scalar>(
    _ model: Model, _ plain: Trace<Element>, _ plan: RulePlan, _ reach: RuleReach,
    in stream: StreamName
  ) throws -> Trace<Element> {
    Interruption.listen()
    let ruled = try model.run(under: [stream: plan], reach: reach, base: plain) { _ in
      try Interruption.check()
    }
    return try model.stream(stream, of: ruled)
  }
}
