import Tensors

/// How the residual stream becomes logits.
public struct OutputPlan: Sendable, Hashable {
  /// What a projection is followed by.
  public enum Squash: Sendable, Hashable {
    /// An activation function.
    case activation(Activation)
    /// tanh, as poolers have it.
    case tanh
  }

  /// What logits are for, and which rows they are made from.
  public enum Reading: Sendable, Hashable {
    /// Every row, each by itself: tokens that could stand there or come next.
    case everyToken
    /// The first row: classes of the whole prompt.
    case first
    /// The first row and, side by side, the mean of the patches: classes.
    case firstAndMean
    /// The first row through `linear` and the second through another layer, averaged: classes.
    ///
    /// Source: Touvron et al. 2020, "Training data-efficient image transformers & distillation through attention".
    case firstTwo(second: LinearPlan)
  }

  /// Of the residual stream after the last block; nil for none.
  public let norm: NormPlan?
  /// From the residual stream's width to the embeddings'; nil where they are the same.
  public let projection: LinearPlan?
  /// What follows the projection; nil for nothing.
  public let squash: Squash?
  /// Of what the projection gave; nil for none.
  public let projectionNorm: NormPlan?
  /// `[width] → [vocabularySize]`, or to the number of classes.
  public let linear: LinearPlan
  /// What logits are multiplied by.
  public let scale: Double
  /// Logits become `cap · tanh(logit / cap)`; nil for no cap.
  public let cap: Double?
  /// What logits are for.
  public let reading: Reading

  init(
    norm: NormPlan?, projection: LinearPlan? = nil, squash: Squash? = nil,
    projectionNorm: NormPlan? = nil, linear: LinearPlan, scale: Double = 1, cap: Double? = nil,
    reading: Reading = .everyToken
  ) {
    self.norm = norm
    self.projection = projection
    self.squash = squash
    self.projectionNorm = projectionNorm
    self.linear = linear
    self.scale = scale
    self.cap = cap
    self.reading = reading
  }

  /// Whether logits are for classes of the whole prompt.
  public var isOfClasses: Bool { reading != .everyToken }

  /// How many logits there are: tokens or classes.
  public var outputCount: Int { linear.outputs.count }

  /// What only predictions need.
  var weights: [WeightPlan] {
    var all = (projection?.weights ?? []) + (projectionNorm?.weights ?? []) + linear.weights
    if case .firstTwo(let second) = reading { all += second.weights }
    return all
  }
}
