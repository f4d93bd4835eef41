/// Qwen 1.5 MoE and Qwen 2 MoE: Qwen 2 with experts, one of them shared by all tokens.
///
/// Source: transformers 5, `models/qwen2_moe/modeling_qwen2_moe.py`.
enum Qwen2MoE: Family {
  static let modelTypes = ["qwen2_moe"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config)
    shape.queryKeyValueBias = try config.flag("qkv_bias", default: true)
    let window = try Qwen2.window(config)
    let last = config.value("max_window_layers")?.int ?? 28
    shape.masks = try config.masks(layers: shape.layers, window: window) {
      $0.isMultiple(of: 2) && $0 < last
    }
    let count = try config.count("num_experts", default: 60)
    let width = try config.count("moe_intermediate_size", default: 1408)
    let sharedWidth = try config.count("shared_expert_intermediate_size", default: 5632)
    let routing = RoutingPlan(
      count: try config.count("num_experts_per_tok", default: 4),
      isNormalised: try config.flag("norm_topk_prob", default: false))
    let hasExperts = try shape.expertLayers()
    shape.mlp = { [shape] layer, block in
      let name = "\(block).mlp"
      guard hasExperts(layer) else { return shape.gatedMLP(name, width: shape.dMLP) }
      return shape.experts(
        name, count: count, width: width, routing: routing,
        shared: shape.gatedMLP("\(name).shared_expert", width: sharedWidth),
        sharedGate: shape.linear("\(name).shared_expert_gate", shape.dModel, 1))
    }
    return try shape.plan()
  }
}
