import Analysis
import Models
import Tensors

/// Tensors that say something of each head, or of two, made when asked for.
extension TraceTensor {
  /// The divergence of every two heads of a layer, or of the model, `[head, head]`; with a layer and a head, of
  /// that head from all others, `[layer, head]`: "heads like this one".
  func headDistance<Element: Scalar>(
    _ trace: Trace<Element>, layer: Int?, head: Int?,
    _ source: (
      [Int], [String], @escaping ((Tensor<Float>) throws -> Void) throws -> Void
    ) -> TensorSource
  ) -> TensorSource {
    if let layer, let head {
      return source([trace.layers, trace.heads], ["layer", "head"]) { body in
        let table = try HeadDistance.table(trace, from: HeadIndex(layer: layer, head: head))
        try body(Tensor(table.values.map { Float($0) }, shape: [trace.layers, trace.heads]))
      }
    }
    let heads = trace.plan.allHeads.filter { index in
      (layer.map { $0 == index.layer } ?? true) && (head.map { $0 == index.head } ?? true)
    }
    return source([heads.count, heads.count], ["head", "other"]) { body in
      try body(HeadDistance.matrix(trace, heads: heads).converted(to: Float.self))
    }
  }

  /// FlowFormer's flows and DaViT's channel maps.
  func ofHeads<Element: Scalar>(
    _ trace: Trace<Element>, layer: Int?, head: Int?,
    _ source: (
      [Int], [String], @escaping ((Tensor<Float>) throws -> Void) throws -> Void
    ) -> TensorSource
  ) -> TensorSource {
    let layers = layer.map { [$0] } ?? Array(0..<trace.layers)
    let heads = head.map { [$0] } ?? Array(0..<trace.heads)
    let plan = trace.plan
    let (sizes, names) =
      switch self {
      case .flowIn: ([trace.seq], ["query"])
      case .flowOut: ([trace.keyCount], ["key"])
      default: ([plan.dHead, plan.dValue], ["channel", "other"])
      }
    return source(
      (layer == nil ? [layers.count] : []) + (head == nil ? [heads.count] : []) + sizes,
      (layer == nil ? ["layer"] : []) + (head == nil ? ["head"] : []) + names
    ) { body in
      for layer in layers {
        for head in heads {
          try body(one(trace, HeadIndex(layer: layer, head: head)))
        }
      }
    }
  }

  private func one<Element: Scalar>(_ trace: Trace<Element>, _ head: HeadIndex) -> Tensor<Float> {
    guard self != .channels else { return trace.channelMap(head).converted(to: Float.self) }
    let flows = FlowConservation(
      queries: trace.queries(head).copied.converted(to: Double.self).matrix,
      keys: trace.keys(head).copied.converted(to: Double.self).matrix)
    let flow = self == .flowIn ? flows.conservedIncoming : flows.conservedOutgoing
    return Tensor(flow.map { Float($0) }, shape: [flow.count])
  }
}
