/// Qwen 3 MoE: Qwen 3 with experts.
///
/// Source: transformers 5, `models/qwen3_moe/modeling_qwen3_moe.py`.
enum Qwen3MoE: Family {
  static let modelTypes = ["qwen3_moe"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try Qwen3.shape(config)
    let window = try Qwen2.window(config)
    shape.masks = try config.masks(layers: shape.layers, window: window) { _ in true
    }
    config.ignore(["max_window_layers"])
    let count =
      try config.optionalCount("num_experts") ?? config.count("num_local_experts", default: 128)
    let width = try config.count("moe_intermediate_size", default: 768)
    let routing = RoutingPlan(
      count: try config.count("num_experts_per_tok", default: 8),
      isNormalised: try config.flag("norm_topk_prob", default: false))
    let hasExperts = try shape.expertLayers()
    shape.mlp = { [shape] layer, block in
      let name = "\(block).mlp"
      return hasExperts(layer)
        ? shape.experts(name, count: count, width: width, routing: routing)
        : shape.gatedMLP(name, width: shape.dMLP)
    }
    return try shape.plan()
  }
}
