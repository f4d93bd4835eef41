import Models
import Tensors

/// A tensor that can be written out of a run, under its name on the command line.
public enum TraceTensor: String, Sendable, CaseIterable {
  /// Weights after softmax, `[layer, head, query, key]`.
  case attention
  /// Scaled numbers before mask and softmax, `[layer, head, query, key]`.
  case scores
  /// Queries after position encoding, `[layer, head, seq, dHead]`.
  case q
  /// Keys after position encoding, `[layer, head, seq, dHead]`, KV heads.
  case k
  /// Values, `[layer, head, seq, dHead]`, KV heads.
  case v
  /// Pattern · values before the output projection, `[layer, head, seq, dHead]`.
  case z
  /// The residual stream, `[layer + 1, seq, dModel]`, entry 0 after the embedding.
  case residual
  /// `[seq, vocabulary]`, or `[classes]`.
  case logits
  /// Weights times the norms of their keys' values, rows summing to one, `[layer, head, query, key]`.
  case valueWeighted = "value-weighted"
  /// The norms of what each key adds to the residual stream, `[layer, head, query, key]`.
  case normWeighted = "norm-weighted"
  /// Attention rollout up to the last layer, or to the one that is given, `[query, key]`.
  case rollout
  /// VL-SAM's regularised flow up to that layer, `[query, key]`.
  case flow
  /// The maximum flow up to that layer, `[query, key]`, of short prompts.
  case maxFlow = "max-flow"
  /// Chefer's relevance of inputs to the most probable prediction, `[query, key]`.
  case relevance
  /// FlowFormer's conserved incoming flow of queries, `[layer, head, seq]`.
  case flowIn = "flow-in"
  /// FlowFormer's conserved outgoing flow of keys, `[layer, head, seq]`.
  case flowOut = "flow-out"
  /// The Jensen–Shannon divergence of every two heads' maps in nats, layer by layer, `[head, head]`.
  case headDistance = "head-distance"
  /// How a head's channels would attend to each other in DaViT, `[layer, head, dHead, dHead]`.
  case channels

  /// The tensor of a run, cut to a layer and a head where they are given.
  ///
  /// - Parameters:
  ///   - layer: Takes the first dimension away; ignored by logits.
  ///   - head: Takes the head's dimension away; for `k` and `v`, the KV head that this head reads.
  public func source<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, layer: Int?, head: Int?
  ) -> TensorSource {
    let tokens = trace.prompt.tokens.map(\.piece)
    func source(
      _ shape: [Int], _ axes: [String],
      _ produce: @escaping ((Tensor<Float>) throws -> Void) throws -> Void
    ) -> TensorSource {
      var source = TensorSource(
        name: rawValue, shape: shape, axes: axes, tokens: tokens, produce: produce)
      source.rule = trace.ruleNotice
      return source
    }
    let plan = trace.plan
    switch self {
    case .logits where plan.head.isOfClasses:
      return source([plan.head.outputCount], ["class"]) { body in
        try body(model.classLogits(trace).converted(to: Float.self))
      }
    case .logits:
      return source([trace.seq, plan.head.outputCount], ["position", "token"]) { body in
        try model.forEachLogits(trace) { _, block in try body(block.converted(to: Float.self)) }
      }
    case .residual:
      let layers = layer.map { $0..<$0 + 1 } ?? 0..<plan.layers + 1
      let shape = (layer == nil ? [layers.count] : []) + [trace.seq, plan.dModel]
      let axes = (layer == nil ? ["layer"] : []) + ["position", "dimension"]
      return source(shape, axes) { body in
        for layer in layers { try body(trace.residuals[layer].converted(to: Float.self)) }
      }
    case .headDistance: return headDistance(trace, layer: layer, head: head, source)
    case .flowIn, .flowOut, .channels:
      return ofHeads(trace, layer: layer, head: head, source)
    case .valueWeighted, .normWeighted, .rollout, .flow, .maxFlow, .relevance:
      return contribution(model, trace, layer: layer, head: head, source)
    case .attention, .scores, .q, .k, .v, .z:
      return perHead(trace, layer: layer, head: head, source)
    }
  }

  private func perHead<Element: Scalar>(
    _ trace: Trace<Element>, layer: Int?, head: Int?,
    _ source: (
      [Int], [String], @escaping ((Tensor<Float>) throws -> Void) throws -> Void
    ) -> TensorSource
  ) -> TensorSource {
    let plan = trace.plan
    let layers = layer.map { $0..<$0 + 1 } ?? 0..<plan.layers
    let grouped = self == .k || self == .v
    let group = plan.heads / max(1, plan.kvHeads)
    // A KV head is addressed through the first query head that reads it.
    let heads =
      head.map { [$0] }
      ?? (grouped ? Array(stride(from: 0, to: plan.heads, by: group)) : Array(0..<plan.heads))
    let isMap = self == .attention || self == .scores
    let rowCount = grouped ? trace.keyCount : trace.seq
    let shape =
      (layer == nil ? [layers.count] : []) + (head == nil ? [heads.count] : [])
      + [rowCount, isMap ? trace.keyCount : self == .v || self == .z ? plan.dValue : plan.dHead]
    let axes =
      (layer == nil ? ["layer"] : []) + (head == nil ? ["head"] : [])
      + (isMap ? ["query", "key"] : ["position", "dimension"])
    return source(shape, axes) { body in
      for layer in layers {
        for head in heads {
          let index = HeadIndex(layer: layer, head: head)
          // Rows in blocks: one map of a long prompt can be larger than the run it came from.
          for start in stride(from: 0, to: rowCount, by: 256) {
            let rows = start..<min(rowCount, start + 256)
            try body(part(trace, index, rows: rows))
          }
        }
      }
    }
  }

  /// Some rows of one head.
  private func part<Element: Scalar>(
    _ trace: Trace<Element>, _ head: HeadIndex, rows: Range<Int>
  ) -> Tensor<Float> {
    switch self {
    case .attention: trace.pattern(head, rows: rows, columns: 0..<trace.keyCount)
    case .scores: trace.scores(head, rows: rows).converted(to: Float.self)
    case .q: trace.queries(head).rows(rows).copied.converted(to: Float.self)
    case .k: trace.keys(head).rows(rows).copied.converted(to: Float.self)
    case .v: trace.values(head).rows(rows).copied.converted(to: Float.self)
    case .z, .residual, .logits, .valueWeighted, .normWeighted, .rollout, .flow, .maxFlow,
      .relevance, .flowIn, .flowOut, .headDistance, .channels:
      trace.weightedValues(head).rows(rows).copied.converted(to: Float.self)
    }
  }
}
