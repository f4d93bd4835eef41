/// A rule and what its parameters are set to: `NAME` or `NAME:key=value,…`.
public struct RuleSpec: Sendable, Hashable {
  /// The rule's name.
  public let name: String
  /// Only what differs from the defaults.
  private var values: [String: String] = [:]

  /// A rule with its defaults.
  ///
  /// - Throws: `RuleError.unknownRule`, `.nativeOnly`.
  public init(_ name: String) throws(RuleError) {
    guard AttentionRules.named(name) != nil else {
      if let native = NativeOnlyRules.named(name) {
        throw .nativeOnly(rule: name, needs: native.needs)
      }
      throw .unknownRule(name, known: AttentionRules.all.map { $0.card.name })
    }
    self.name = name
  }

  /// Reads `NAME:key=value,…`.
  ///
  /// - Throws: `RuleError` that names the part at fault.
  public init(parsing text: String) throws(RuleError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    try self.init(String(parts[0]))
    guard parts.count == 2 else { return }
    for setting in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
      let pair = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else {
        throw .malformed(rule: name, setting: String(setting), known: card.parameters.map(\.name))
      }
      try set(String(pair[0]), to: String(pair[1]))
    }
  }

  /// What is said about the rule.
  public var card: RuleCard {
    // Made only for names that are in the list.
    AttentionRules.named(name)?.card ?? TemperatureRule.card
  }

  /// Sets a parameter.
  ///
  /// - Throws: `RuleError.unknownParameter`, `.badValue`.
  public mutating func set(_ parameter: String, to text: String) throws(RuleError) {
    guard let known = card.parameter(parameter) else {
      throw .unknownParameter(
        rule: name, parameter: parameter, known: card.parameters.map(\.name))
    }
    guard let value = known.spelled(text) else {
      throw .badValue(rule: name, parameter: parameter, found: text, expected: known.expected)
    }
    values[parameter] = value == known.standard ? nil : value
  }

  /// The same rule with one parameter some steps up or down; itself when it has no such parameter.
  public func turning(_ parameter: String, by steps: Int) -> RuleSpec {
    guard let known = card.parameter(parameter) else { return self }
    var turned = self
    let value = known.turned(text(known), by: steps)
    turned.values[parameter] = value == known.standard ? nil : value
    return turned
  }

  /// What a parameter is set to, as written after `=`.
  public func text(_ parameter: RuleParameter) -> String {
    values[parameter.name] ?? parameter.standard
  }

  func whole(_ parameter: RuleParameter) -> Int { Int(text(parameter)) ?? 0 }
  func number(_ parameter: RuleParameter) -> Double { Double(text(parameter)) ?? .nan }

  /// Whole numbers or names written with `+` between them, such as `0+3`.
  func list(_ parameter: RuleParameter) -> [String] {
    text(parameter).split(separator: "+").map(String.init)
  }

  /// Whole numbers written with `+` between them.
  func wholes(_ parameter: RuleParameter, atLeast lowest: Int = 0) throws(RuleError) -> [Int] {
    var numbers: [Int] = []
    for word in list(parameter) {
      guard let number = Int(word), number >= lowest else {
        throw .badValue(
          rule: name, parameter: parameter.name, found: text(parameter),
          expected: "whole numbers of at least \(lowest) with + between them, such as 0+3")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// The rule, ready for heads.
  ///
  /// - Throws: `RuleError` for values that do not go together.
  public func rule() throws(RuleError) -> any AttentionRule {
    guard let type = AttentionRules.named(name) else {
      throw .unknownRule(name, known: AttentionRules.all.map { $0.card.name })
    }
    return try type.init(self)
  }
}

extension RuleSpec: CustomStringConvertible {
  /// `NAME:key=value,…` with every parameter that is set or has a default, in the card's order.
  public var description: String { spelled { !text($0).isEmpty } }

  /// `NAME:key=value,…` with the parameters that are not set to their defaults.
  public var shortText: String { spelled { values[$0.name] != nil } }

  private func spelled(_ isNamed: (RuleParameter) -> Bool) -> String {
    let settings = card.parameters.filter(isNamed).map { "\($0.name)=\(text($0))" }
    return settings.isEmpty ? name : "\(name):" + settings.joined(separator: ",")
  }
}
