/// Experts as Qwen and DeepSeek name them.
extension DecoderShape {
  /// Whether a layer has experts: all but some, every so many.
  func expertLayers() throws -> (Int) -> Bool {
    let plain = Set(try config.numbers("mlp_only_layers") ?? [])
    let step = try config.count("decoder_sparse_step", default: 1)
    return { !plain.contains($0) && ($0 + 1) % step == 0 }
  }

  /// `count` gated MLPs under `name.experts.N`, and the router `name.gate`.
  func experts(
    _ name: String, count: Int, width: Int, routing: RoutingPlan, shared: MLPPlan? = nil,
    sharedGate: LinearPlan? = nil
  ) -> MLPPlan {
    .experts(
      ExpertsPlan(
        router: linear("\(name).gate", dModel, count), routing: routing,
        experts: (0..<count).map { gatedMLP("\(name).experts.\($0)", width: width) },
        shared: shared, sharedGate: sharedGate))
  }
}
