import Analysis
import Models
import Tensors

/// Tensors that say how much each key or token really adds: derived from maps, and made when asked for.
extension TraceTensor {
  /// The tensor, as `source` of `TraceTensor` describes it.
  func contribution<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, layer: Int?, head: Int?,
    _ source: (
      [Int], [String], @escaping ((Tensor<Float>) throws -> Void) throws -> Void
    ) -> TensorSource
  ) -> TensorSource {
    let seq = trace.seq
    guard self == .valueWeighted || self == .normWeighted else {
      return source([seq, seq], ["query", "key"]) { body in
        try body(flow(model, trace, layer: layer).converted(to: Float.self))
      }
    }
    let layers = layer.map { [$0] } ?? Array(0..<trace.layers)
    let heads = head.map { [$0] } ?? Array(0..<trace.heads)
    let shape =
      (layer == nil ? [layers.count] : []) + (head == nil ? [heads.count] : []) + [seq, seq]
    let axes = (layer == nil ? ["layer"] : []) + (head == nil ? ["head"] : []) + ["query", "key"]
    let kind: WeightedMap = self == .valueWeighted ? .value : .norm
    return source(shape, axes) { body in
      for layer in layers {
        for head in heads {
          let index = HeadIndex(layer: layer, head: head)
          try body(kind.rows(model, trace, index, 0..<seq).converted(to: Float.self))
        }
      }
    }
  }

  /// Of all layers up to the given one, or of all.
  private func flow<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, layer: Int?
  ) throws -> Tensor<Double> {
    if self == .relevance { return try ChefersRelevance.ofPrediction(model, trace, layer: layer) }
    let last = layer ?? trace.layers - 1
    if self == .flow { return AttentionFlow.regularised(trace, layers: last + 1) }
    if self == .maxFlow { try MaximumFlow.check(seq: trace.seq) }
    let means = Array(try AttentionFlow.meanMaps(trace).prefix(last + 1))
    return self == .maxFlow
      ? try MaximumFlow.table(means) : AttentionFlow.rollout(means).last ?? means[last]
  }
}
