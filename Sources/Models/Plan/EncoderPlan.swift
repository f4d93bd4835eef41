/// A stack of blocks that runs before another and is read by it.
public indirect enum EncoderPlan: Sendable, Hashable {
  /// Its output is what cross attention reads; the other stack's text begins with token `start`.
  case attended(ModelPlan, start: Int)
  /// What one of its layers makes of an image, projected, takes the places of a token.
  case inserted(ModelPlan, InsertionPlan)
  /// It stands beside the other: a prompt that is an image runs through it instead.
  case beside(ModelPlan)

  /// The stack.
  public var plan: ModelPlan {
    switch self {
    case .attended(let plan, _), .inserted(let plan, _), .beside(let plan): plan
    }
  }

  var weights: [WeightPlan] {
    switch self {
    case .attended(let plan, _), .beside(let plan): plan.coreWeights
    // Not its final norm, unless it is read after it.
    case .inserted(let plan, let insertion):
      plan.embedding.weights + plan.blocks.flatMap(\.weights) + insertion.weights
    }
  }
}

/// How an image enters a text.
///
/// Source: Liu et al. 2023, "Visual Instruction Tuning".
public struct InsertionPlan: Sendable, Hashable {
  /// The token whose places the image takes, one for each vector.
  public let token: Int
  /// How many leading vectors of the image are left out.
  public let dropping: Int
  /// From the encoder's width to the residual stream's, each but the last followed by the MLP's activation.
  public let projector: MLPPlan

  var weights: [WeightPlan] { projector.weights }
}
