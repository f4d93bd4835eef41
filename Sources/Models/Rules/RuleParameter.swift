import Foundation

/// One number or word of a rule that the user may set.
public struct RuleParameter: Sendable, Hashable {
  /// Which values are allowed, and which is taken when none is given.
  public enum Kind: Sendable, Hashable {
    /// A whole number.
    case whole(Int, ClosedRange<Int>)
    /// A number.
    case number(Double, ClosedRange<Double>)
    /// One of some words, the first by default.
    case choice([String])
    /// Any text, such as the name of a span; empty by default.
    case text
  }

  /// As written before `=`.
  public let name: String
  /// Its values.
  public let kind: Kind
  /// What it is, in one line.
  public let help: String

  static func whole(
    _ name: String, _ standard: Int, _ range: ClosedRange<Int>, _ help: String
  ) -> RuleParameter {
    RuleParameter(name: name, kind: .whole(standard, range), help: help)
  }

  /// A whole number of at least one.
  static func whole(_ name: String, _ standard: Int, help: String) -> RuleParameter {
    whole(name, standard, 1...(1 << 30), help)
  }

  static func number(
    _ name: String, _ standard: Double, _ range: ClosedRange<Double>, _ help: String
  ) -> RuleParameter {
    RuleParameter(name: name, kind: .number(standard, range), help: help)
  }

  static func choice(_ name: String, _ words: [String], _ help: String) -> RuleParameter {
    RuleParameter(name: name, kind: .choice(words), help: help)
  }

  static func text(_ name: String, _ help: String) -> RuleParameter {
    RuleParameter(name: name, kind: .text, help: help)
  }

  /// The default, as written after `=`.
  public var standard: String {
    switch kind {
    case .whole(let value, _): "\(value)"
    case .number(let value, _): Self.text(value)
    case .choice(let words): words.first ?? ""
    case .text: ""
    }
  }

  /// What may be given, in words.
  public var expected: String {
    switch kind {
    case .whole(_, let range):
      range.upperBound >= 1 << 30
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(_, let range):
      "a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .text: "a text"
    }
  }

  /// The value that a text stands for, spelled as `standard` is; nil when it is not allowed.
  func spelled(_ text: String) -> String? {
    switch kind {
    case .whole(_, let range):
      guard let value = Int(text), range.contains(value) else { return nil }
      return "\(value)"
    case .number(_, let range):
      guard let value = Double(text), range.contains(value) else { return nil }
      return Self.text(value)
    case .choice(let words): return words.contains(text) ? text : nil
    case .text: return text
    }
  }

  /// The value `steps` steps away: a whole number grows or shrinks by a quarter and at least one, a number by a
  /// tenth of its default and at least a hundredth; words go round.
  func turned(_ text: String, by steps: Int) -> String {
    switch kind {
    case .whole(let standard, let range):
      var value = Int(text) ?? standard
      for _ in 0..<abs(steps) { value += (steps > 0 ? 1 : -1) * max(1, value / 4) }
      return "\(min(max(value, range.lowerBound), range.upperBound))"
    case .number(let standard, let range):
      let step = max(abs(standard) / 10, 0.01)
      let value = (Double(text) ?? standard) + Double(steps) * step
      // Steps add up to round numbers, not to 0.30000000000000004.
      let rounded = (value / step).rounded() * step
      let whole = abs(rounded - value) < 1e-9 ? (rounded * 1e9).rounded() / 1e9 : value
      return Self.text(min(max(whole, range.lowerBound), range.upperBound))
    case .choice(let words):
      guard let index = words.firstIndex(of: text) else { return standard }
      return words[((index + steps) % words.count + words.count) % words.count]
    case .text: return text
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
