/// A scalar that a run comes to, and that can be differentiated.
public enum Objective: Sendable, Hashable {
  /// An id that is expected at a position of the output.
  public struct Target: Sendable, Hashable {
    /// The row of the output; of classes of the whole prompt there is one row, 0.
    public let position: Int
    /// What is expected there.
    public let id: Int

    /// Expects `id` at `position`.
    public init(position: Int, id: Int) {
      self.position = position
      self.id = id
    }
  }

  /// A target and what its logit is multiplied by.
  public struct Term: Sendable, Hashable {
    /// Which logit.
    public let target: Target
    /// Its factor.
    public let weight: Double

    /// `weight` times the logit of `target`.
    public init(_ target: Target, weight: Double) {
      self.target = target
      self.weight = weight
    }
  }

  /// The mean over targets of −ln p(id), in nats: of masked tokens, of classes, of any positions.
  case loss([Target])
  /// Σ weight · logit: one logit, or the difference of two.
  case logits([Term])

  /// The mean next-token loss of a prompt, in nats.
  public static func nextTokenLoss(_ prompt: Prompt) -> Objective {
    .loss(prompt.ids.dropFirst().enumerated().map { Target(position: $0.offset, id: $0.element) })
  }

  /// The loss of the class that a whole prompt belongs to, in nats.
  public static func classLoss(_ id: Int) -> Objective { .loss([Target(position: 0, id: id)]) }

  /// One logit.
  public static func logit(_ target: Target) -> Objective { .logits([Term(target, weight: 1)]) }

  /// How much larger one logit is than another at the same position.
  public static func logitDifference(position: Int, _ id: Int, minus other: Int) -> Objective {
    .logits([
      Term(Target(position: position, id: id), weight: 1),
      Term(Target(position: position, id: other), weight: -1),
    ])
  }

  /// Whether it is a loss.
  var isLoss: Bool { if case .loss = self { true } else { false } }

  /// The ids it looks at, and the factor of each.
  var terms: [Term] {
    switch self {
    case .loss(let targets): targets.map { Term($0, weight: 1 / Double(targets.count)) }
    case .logits(let terms): terms
    }
  }
}
