import Tensors

/// Chefer's relevance of inputs, from maps and the gradient of a target with respect to them.
///
/// `Ā = mean over heads of (∇A ⊙ A)⁺`, `R ← R + Ā R` from `R = 1`, layer by layer.
///
/// Source: Chefer et al. 2021, "Generic Attention-model Explainability", self-attention.
public struct ChefersRelevance: Sendable {
  /// `[query, key]`: how much each input matters to each token.
  public private(set) var matrix: Tensor<Double>

  /// Before the first layer.
  public init(seq: Int) {
    matrix = AttentionFlow.withIdentity(Tensor(repeating: 0, shape: [seq, seq]))
  }

  /// Takes one layer, the first one first.
  ///
  /// - Parameters:
  ///   - maps: `[query, key]` for each head.
  ///   - gradients: Of the target, in the same shape.
  public mutating func add(maps: [Tensor<Double>], gradients: [Tensor<Double>]) {
    var mean = Tensor<Double>(repeating: 0, shape: matrix.shape)
    let target = mean.mutableMatrix()
    for (map, gradient) in zip(maps, gradients) {
      for row in 0..<target.rows {
        for column in 0..<target.columns {
          target[row, column] +=
            max(0, map[row, column] * gradient[row, column]) / Double(maps.count)
        }
      }
    }
    let step = AttentionFlow.product(mean, matrix)
    PlainKernels.add(step.matrix, to: matrix.mutableMatrix())
  }
}
