import Tensors

/// A normalisation of every row.
public struct NormPlan: Sendable, Hashable {
  /// What is divided by what.
  public enum Kind: Sendable, Hashable {
    /// Mean and variance, with a bias.
    case layer(bias: WeightPlan)
    /// Root mean square.
    case rms
  }

  /// Which normalisation.
  public let kind: Kind
  /// `[dModel]`.
  public let gain: WeightPlan
  /// Added to the variance or to the mean square.
  public let epsilon: Double

  var weights: [WeightPlan] {
    if case .layer(let bias) = kind { [gain, bias] } else { [gain] }
  }
}

/// How an attention layer knows where a token stands.
public enum PositionPlan: Sendable, Hashable {
  /// It does not: position is added to the embeddings, or nowhere.
  case none
  /// Queries and keys are turned by an angle that grows with the position.
  case rotary(RotaryPlan)
}

/// Rotary position encoding: pair `i` of a head turns by `position · frequencies[i]`.
public struct RotaryPlan: Sendable, Hashable {
  /// Radians per token, one for each pair; number `i` of a head is paired with number `i + count`.
  public let frequencies: [Double]

  /// The usual frequencies, `theta^(−2i / dimensions)`.
  ///
  /// Source: Su et al. 2021, "RoFormer".
  ///
  /// - Parameters:
  ///   - theta: The base.
  ///   - dimensions: How many of a head's numbers turn; even.
  public init(theta: Double, dimensions: Int) {
    frequencies = (0..<dimensions / 2).map { i in
      Double.exp(-Double.log(theta) * Double(2 * i) / Double(dimensions))
    }
  }
}

/// Which keys a query can see.
public enum MaskPlan: Sendable, Hashable {
  /// Itself and everything before it.
  case causal
}

/// One layer's attention.
public struct AttentionPlan: Sendable, Hashable {
  /// Query heads, key/value heads, and the width of each.
  public let heads, kvHeads, dHead: Int
  /// What scores are multiplied by before softmax.
  public let scale: Double
  /// Where queries, keys and values come from: `[dModel] → [heads · dHead]`, and `kvHeads · dHead`.
  public let query, key, value: LinearPlan
  /// The output projection, `[heads · dHead] → [dModel]`.
  public let output: LinearPlan
  /// How position enters.
  public let position: PositionPlan
  /// Which keys a query can see.
  public let mask: MaskPlan

  /// The key/value head that a query head reads.
  public func kvHead(of head: Int) -> Int { head / (heads / kvHeads) }

  /// Where a head lies in a row of `heads · dHead` numbers.
  func columns(_ head: Int) -> Range<Int> { head * dHead..<(head + 1) * dHead }

  var linears: [LinearPlan] { [query, key, value, output] }
}

/// One layer's MLP.
public enum MLPPlan: Sendable, Hashable {
  /// `down(activation(up(x)))`.
  case plain(up: LinearPlan, down: LinearPlan, activation: Activation)
  /// `down(activation(gate(x)) · up(x))`.
  case gated(gate: LinearPlan, up: LinearPlan, down: LinearPlan, activation: Activation)

  /// The width between.
  public var dMLP: Int {
    switch self {
    case .plain(let up, _, _), .gated(_, let up, _, _): up.outputs.count
    }
  }

  var linears: [LinearPlan] {
    switch self {
    case .plain(let up, let down, _): [up, down]
    case .gated(let gate, let up, let down, _): [gate, up, down]
    }
  }
}

/// One block: attention, then MLP, each reading the normalised residual stream and adding to it.
public struct BlockPlan: Sendable, Hashable {
  /// Before attention.
  public let attentionNorm: NormPlan
  /// The attention.
  public let attention: AttentionPlan
  /// Before the MLP.
  public let mlpNorm: NormPlan
  /// The MLP.
  public let mlp: MLPPlan

  /// Every weight of the block; some more than once.
  var weights: [WeightPlan] {
    attentionNorm.weights + mlpNorm.weights
      + (attention.linears + mlp.linears).flatMap(\.weights)
  }
}
