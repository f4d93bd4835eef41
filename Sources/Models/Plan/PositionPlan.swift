import Tensors

/// How an attention layer knows where a token stands.
public enum PositionPlan: Sendable, Hashable {
  /// It does not: position is added to the embeddings, or nowhere.
  case none
  /// Queries and keys are turned by an angle that grows with the position.
  case rotary(RotaryPlan)
  /// Scores fall with the distance.
  case alibi(AlibiPlan)
  /// Scores change by a learned number for each stretch of distances.
  case buckets(BucketPlan)
  /// Scores gain what queries and keys make of learned vectors for distances.
  case disentangled(DisentangledPlan)

  /// The weights that a layer's positions need.
  var weights: [WeightPlan] {
    switch self {
    case .none, .rotary, .alibi: []
    case .buckets(let plan): [plan.table]
    case .disentangled(let plan): plan.weights
    }
  }
}

/// Rotary position encoding: pair `i` of a head turns by `position · frequencies[i]`.
///
/// Source: Su et al. 2021, "RoFormer".
public struct RotaryPlan: Sendable, Hashable {
  /// Which two numbers of a head turn together.
  public enum Pairing: Sendable, Hashable {
    /// Number `i` with number `i + count`.
    case halves
    /// Number `2i` with number `2i + 1`.
    case neighbours
  }

  /// What changes when a prompt is longer than the model was first trained for.
  public enum Stretch: Sendable, Hashable {
    /// Nothing.
    case none
    /// From `context` tokens on the base grows with the prompt ("dynamic NTK").
    case dynamic(theta: Double, factor: Double, context: Int)
    /// Beyond `context` tokens other frequencies hold (LongRoPE).
    case long(frequencies: [Double], context: Int)
  }

  /// Radians per token, one for each pair.
  public let frequencies: [Double]
  /// Where the turning numbers of a head begin; those before and after them stay.
  public let first: Int
  /// Which numbers are pairs.
  public let pairing: Pairing
  /// What turned numbers are multiplied by (YaRN, LongRoPE); scores grow with its square.
  public let magnitude: Double
  /// What changes with the length of the prompt.
  public let stretch: Stretch

  init(
    frequencies: [Double], first: Int = 0, pairing: Pairing = .halves, magnitude: Double = 1,
    stretch: Stretch = .none
  ) {
    self.frequencies = frequencies
    self.first = first
    self.pairing = pairing
    self.magnitude = magnitude
    self.stretch = stretch
  }

  /// The usual frequencies, `theta^(−2i / dimensions)`.
  ///
  /// - Parameters:
  ///   - theta: The base.
  ///   - dimensions: How many of a head's numbers turn; even.
  public static func frequencies(theta: Double, dimensions: Int) -> [Double] {
    (0..<dimensions / 2).map { i in
      Double.exp(-Double.log(theta) * Double(2 * i) / Double(dimensions))
    }
  }

  /// The frequencies for a prompt of `seq` tokens.
  public func frequencies(seq: Int) -> [Double] {
    switch stretch {
    case .none:
      return frequencies
    case .dynamic(let theta, let factor, let context):
      guard seq > context else { return frequencies }
      let dimensions = 2 * frequencies.count
      let growth = factor * Double(seq) / Double(context) - (factor - 1)
      let exponent = Double(dimensions) / Double(max(1, dimensions - 2))
      return Self.frequencies(
        theta: theta * Double.exp(exponent * Double.log(growth)), dimensions: dimensions)
    case .long(let frequencies, let context):
      return seq > context ? frequencies : self.frequencies
    }
  }
}

/// Attention with linear biases: a head's score of a key falls by its slope with every token between.
///
/// Source: Press et al. 2021, "Train Short, Test Long".
public struct AlibiPlan: Sendable, Hashable {
  /// One for each head.
  public let slopes: [Double]
  /// What the biases are multiplied by: the scale of scores where they are added before it (Falcon).
  public let factor: Double
  /// Whether slopes and biases are rounded to bfloat16 and count from the first key, as in Falcon.
  public let isRounded: Bool

  init(slopes: [Double], factor: Double = 1, isRounded: Bool = false) {
    self.slopes = slopes
    self.factor = factor
    self.isRounded = isRounded
  }

  /// The usual slopes: a geometric sequence for a power of two; for other numbers of heads, every
  /// second one of the next power's is appended.
  ///
  /// - Parameter strongest: The exponent of the last slope, `2^−strongest`.
  static func slopes(heads: Int, strongest: Double = 8) -> [Double] {
    var power = 1
    while 2 * power <= heads { power *= 2 }
    func sequence(_ count: Int) -> [Double] {
      (1...count).map { Double.exp(-Double.log(2) * strongest * Double($0) / Double(count)) }
    }
    let extra = sequence(2 * power).enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    return sequence(power) + extra.prefix(heads - power)
  }
}
