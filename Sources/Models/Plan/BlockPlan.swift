/// One block: attention, then MLP, each reading the residual stream and adding to it.
public struct BlockPlan: Sendable, Hashable {
  /// The norms around attention.
  public let attentionNorms: NormPlacement
  /// The attention.
  public let attention: AttentionPlan
  /// Attention to what another stack made, after this one's own; nil for none.
  public let cross: CrossPlan?
  /// The norms around the MLP.
  public let mlpNorms: NormPlacement
  /// The MLP.
  public let mlp: MLPPlan
  /// Whether the MLP reads the residual stream as it enters the block, not what attention made of it.
  public let isParallel: Bool
  /// What attention and MLP are multiplied by before they are added.
  public let residualScale: Double

  init(
    attentionNorms: NormPlacement, attention: AttentionPlan, cross: CrossPlan? = nil,
    mlpNorms: NormPlacement, mlp: MLPPlan, isParallel: Bool = false, residualScale: Double = 1
  ) {
    self.attentionNorms = attentionNorms
    self.attention = attention
    self.cross = cross
    self.mlpNorms = mlpNorms
    self.mlp = mlp
    self.isParallel = isParallel
    self.residualScale = residualScale
  }

  /// Every weight of the block; some more than once.
  var weights: [WeightPlan] {
    attentionNorms.weights + mlpNorms.weights + attention.weights + mlp.weights
      + (cross.map { $0.norms.weights + $0.attention.weights } ?? [])
  }
}

/// Attention whose keys and values come from another stack's output.
public struct CrossPlan: Sendable, Hashable {
  /// The norms around it.
  public let norms: NormPlacement
  /// The attention; its queries come from this stack.
  public let attention: AttentionPlan
}
