/// One block: attention, then MLP, each reading the residual stream and adding to it.
public struct BlockPlan: Sendable, Hashable {
  /// The norms around attention.
  public let attentionNorms: NormPlacement
  /// The attention.
  public let attention: AttentionPlan
  /// The norms around the MLP.
  public let mlpNorms: NormPlacement
  /// The MLP.
  public let mlp: MLPPlan
  /// Whether the MLP reads the residual stream as it enters the block, not what attention made of it.
  public let isParallel: Bool
  /// What attention and MLP are multiplied by before they are added.
  public let residualScale: Double

  init(
    attentionNorms: NormPlacement, attention: AttentionPlan, mlpNorms: NormPlacement, mlp: MLPPlan,
    isParallel: Bool = false, residualScale: Double = 1
  ) {
    self.attentionNorms = attentionNorms
    self.attention = attention
    self.mlpNorms = mlpNorms
    self.mlp = mlp
    self.isParallel = isParallel
    self.residualScale = residualScale
  }

  /// Every weight of the block; some more than once.
  var weights: [WeightPlan] {
    attentionNorms.weights + mlpNorms.weights + attention.weights + mlp.weights
  }
}
