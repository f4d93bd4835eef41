/// Mixtral: Mistral with experts.
///
/// Source: transformers 5, `models/mixtral/modeling_mixtral.py`.
enum Mixtral: Family {
  static let modelTypes = ["mixtral"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(
      config, epsilon: ("rms_norm_eps", 1e-5), rotary: .init(theta: 1_000_000))
    let window = try config.optionalCount("sliding_window")
    shape.masks = try config.masks(layers: shape.layers, window: window) { _ in true }
    let count = try config.count("num_local_experts", default: 8)
    let routing = RoutingPlan(
      count: try config.count("num_experts_per_tok", default: 2), isNormalised: true)
    shape.mlp = { [shape] _, block in
      let name = "\(block).block_sparse_moe"
      return .experts(
        ExpertsPlan(
          router: shape.linear("\(name).gate", shape.dModel, count), routing: routing,
          experts: (0..<count).map { expert in
            let name = "\(name).experts.\(expert)"
            return .gated(
              gate: shape.linear("\(name).w1", shape.dModel, shape.dMLP),
              up: shape.linear("\(name).w3", shape.dModel, shape.dMLP),
              down: shape.linear("\(name).w2", shape.dMLP, shape.dModel),
              activation: shape.activation)
          }))
    }
    return try shape.plan()
  }
}
