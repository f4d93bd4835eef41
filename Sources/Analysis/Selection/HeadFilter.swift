import Models

/// A condition on heads, such as `induction>0.4 & layer<6`.
///
/// Names are scores, `layer`, `head` and `kv`; `&` binds tighter than `|`, `!` tightest; parentheses
/// group. A head whose score is undefined meets no comparison of it, negated or not.
public struct HeadFilter: Sendable, Hashable {
  /// How a number is compared.
  public enum Relation: String, Sendable, CaseIterable {
    case atLeast = ">="
    case atMost = "<="
    case differs = "!="
    case above = ">"
    case below = "<"
    case equals = "="

    /// Whether it holds; never for NaN.
    func holds(_ a: Double, _ b: Double) -> Bool {
      guard !a.isNaN else { return false }
      return switch self {
      case .atLeast: a >= b
      case .atMost: a <= b
      case .differs: a != b
      case .above: a > b
      case .below: a < b
      case .equals: a == b
      }
    }

    var negated: Relation {
      switch self {
      case .atLeast: .below
      case .atMost: .above
      case .differs: .equals
      case .above: .atMost
      case .below: .atLeast
      case .equals: .differs
      }
    }
  }

  /// One name against one number.
  public struct Comparison: Sendable, Hashable {
    /// A score, `layer`, `head` or `kv`.
    public let name: String
    /// How.
    public let relation: Relation
    /// With what.
    public let number: Double
  }

  /// What was read.
  public let text: String
  /// Lists of comparisons: of one list all must hold, of the lists one.
  public let alternatives: [[Comparison]]

  /// The scores that the filter asks for.
  public var scores: Set<String> {
    Set(alternatives.flatMap { $0.map(\.name) }).subtracting(Self.places)
  }

  static let places: Set<String> = ["layer", "head", "kv"]

  /// Whether a head meets the condition.
  ///
  /// - Parameters:
  ///   - group: Query heads for each key/value head.
  ///   - value: The head's score of a name.
  public func accepts(
    _ head: HeadIndex, group: Int = 1, value: (_ score: String) -> Double
  ) -> Bool {
    alternatives.contains { comparisons in
      comparisons.allSatisfy { comparison in
        let number =
          switch comparison.name {
          case "layer": Double(head.layer)
          case "head": Double(head.head)
          case "kv": Double(head.head / max(1, group))
          default: value(comparison.name)
          }
        return comparison.relation.holds(number, comparison.number)
      }
    }
  }

  /// Two comparisons of which no head can meet both; nil when every list can be met.
  ///
  /// Only comparisons of one name are weighed against each other.
  static func contradiction(in comparisons: [Comparison]) -> (Comparison, Comparison)? {
    for (index, first) in comparisons.enumerated() {
      for second in comparisons[..<index] where second.name == first.name {
        let isWhole = places.contains(first.name)
        if !canMeet(first, second, isWhole: isWhole) { return (second, first) }
      }
    }
    return nil
  }

  /// Whether some number meets both.
  private static func canMeet(_ a: Comparison, _ b: Comparison, isWhole: Bool) -> Bool {
    // What holds anywhere holds at one of the two numbers, right beside one, or between them.
    let (x, y) = (a.number, b.number)
    var candidates = [x, y, x - 1, x + 1, y - 1, y + 1]
    if isWhole {
      candidates = candidates.flatMap { [$0.rounded(.down), $0.rounded(.up)] }
    } else {
      candidates.append((x + y) / 2)
    }
    return candidates.contains { a.relation.holds($0, x) && b.relation.holds($0, y) }
  }
}
