import Models
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

  /// The relevance of a run's inputs to its most probable prediction: its logit after the last token.
  ///
  /// - Parameter layer: The last layer that is taken; nil for all.
  /// - Throws: `RelevanceError` for a model whose logits are classes; what running backward throws.
  /// - Complexity: One backward pass and O(layers × heads × seq²), and O(layers × seq³) for the products.
  public static func ofPrediction<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, layer: Int? = nil,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> Tensor<Double> {
    guard !model.plan.head.isOfClasses else { throw RelevanceError.classes(model: model.name) }
    let last = trace.seq - 1
    let row = try model.logits(trace, positions: last..<trace.seq)
    let best = row.withElements { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    let target = Objective.Target(position: last, id: best)
    return try of(.logit(target), model, trace, layer: layer, onProgress: onProgress)
  }

  /// The relevance of a run's inputs to a scalar.
  public static func of<Element: Scalar>(
    _ objective: Objective, _ model: Model, _ trace: Trace<Element>, layer: Int? = nil,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> Tensor<Double> {
    let gradients = try model.gradients(of: objective, trace)
    var relevance = ChefersRelevance(seq: trace.seq)
    let layers = layer.map { $0 + 1 } ?? trace.layers
    let all = 0..<trace.seq
    for layer in 0..<layers {
      let heads = trace.plan.heads(inLayer: layer)
      relevance.add(
        maps: heads.map {
          trace.exactPattern($0, rows: all, columns: all).converted(to: Double.self)
        },
        gradients: heads.map { gradients.pattern($0, rows: all).converted(to: Double.self) })
      try onProgress(Double(layer + 1) / Double(layers))
    }
    return relevance.matrix
  }
}

/// Why relevance is not computed.
public enum RelevanceError: Error, Sendable, Equatable, CustomStringConvertible {
  case classes(model: String)

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .classes(let model):
      "\(model): its logits are classes, and relevance needs the gradient of a token's; use rollout"
        + " or flow"
    }
  }
}
