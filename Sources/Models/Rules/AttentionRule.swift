import Tensors

/// Another way to turn scores into weights: one published rule, its parameters set.
///
/// To add one, write `Rules/X.swift` and its line in `AttentionRules.all`.
public protocol AttentionRule: Sendable {
  /// What is said about it.
  static var card: RuleCard { get }

  /// The rule with parameters from a command line.
  ///
  /// - Throws: `RuleError` for values that do not go together.
  init(_ spec: RuleSpec) throws(RuleError)

  /// What the rule needs with its parameters as they are; the card's unless they change it.
  var needs: Set<RuleNeed> { get }

  /// Checks what the rule needs beyond `needs`.
  ///
  /// - Parameters:
  ///   - spans: The prompt's.
  ///   - grid: The prompt's; nil for text.
  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError)

  /// What the rule must know of a plain run before it can be applied; itself when nothing.
  ///
  /// - Parameters:
  ///   - model: For a second run of the prompt, changed.
  ///   - trace: A run without any rule.
  func calibrated<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> any AttentionRule

  /// The rule for one head; made once, then asked for rows.
  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element>
}

extension AttentionRule {
  /// The card's.
  public var needs: Set<RuleNeed> { Self.card.needs }

  /// Nothing more to check.
  public func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {}

  /// Nothing to know.
  public func calibrated<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> any AttentionRule { self }
}
