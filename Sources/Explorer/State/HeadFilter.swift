import Models

/// Which heads are looked at: `induction>0.4 & layer<6`.
public struct HeadFilter: Sendable, Equatable {
  /// One comparison.
  struct Condition: Sendable, Equatable {
    /// `layer`, `head`, or a score's name.
    let subject: String
    let comparison: Comparison
    let number: Double
  }

  /// How a value and a number are compared.
  enum Comparison: String, Sendable, CaseIterable {
    // Longer signs first: `>=` begins with `>`.
    case atLeast = ">="
    case atMost = "<="
    case unequal = "!="
    case above = ">"
    case below = "<"
    case equal = "="

    func holds(_ a: Double, _ b: Double) -> Bool {
      switch self {
      case .atLeast: a >= b
      case .atMost: a <= b
      case .unequal: a != b
      case .above: a > b
      case .below: a < b
      case .equal: a == b
      }
    }
  }

  /// As it was typed.
  public let text: String
  let conditions: [Condition]

  /// Reads conditions joined by `&`.
  ///
  /// - Throws: `ExplorerError.badArgument` that names the part that is no condition.
  init(_ text: String, scores: [String]) throws(ExplorerError) {
    self.text = text
    var conditions: [Condition] = []
    for part in text.split(separator: "&", omittingEmptySubsequences: false) {
      conditions.append(try Self.condition(String(part).trimmed, scores: scores))
    }
    self.conditions = conditions
  }

  private static func condition(
    _ part: String, scores: [String]
  ) throws(ExplorerError) -> Condition {
    let fault = ExplorerError.badArgument(
      command: "filter", found: part,
      expected: "conditions such as layer<6 & \(scores.first ?? "head")>0.4")
    let comparison = Comparison.allCases.first { part.contains($0.rawValue) }
    guard let comparison, let range = part.firstRange(of: comparison.rawValue) else { throw fault }
    let name = String(part[..<range.lowerBound]).trimmed
    guard let number = Double(String(part[range.upperBound...]).trimmed), !number.isNaN else {
      throw fault
    }
    guard name == "layer" || name == "head" || scores.contains(name) else {
      throw .badArgument(
        command: "filter", found: name,
        expected: (["layer", "head"] + scores).joined(separator: ", "))
    }
    return Condition(subject: name, comparison: comparison, number: number)
  }

  /// Whether a head is looked at; an undefined score fulfils no condition.
  func holds(_ head: HeadIndex, _ scores: [ScoreTable]) -> Bool {
    conditions.allSatisfy { condition in
      let value: Double =
        switch condition.subject {
        case "layer": Double(head.layer)
        case "head": Double(head.head)
        default: scores.first { $0.name == condition.subject }?.value(head) ?? .nan
        }
      return !value.isNaN && condition.comparison.holds(value, condition.number)
    }
  }
}
