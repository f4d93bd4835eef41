/// gpt-oss: experts with a clipped gate, learned sinks, windows in every second layer, YaRN.
///
/// Source: transformers 5, `models/gpt_oss/modeling_gpt_oss.py`.
enum GPTOSS: Family {
  static let modelTypes = ["gpt_oss"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config, epsilon: ("rms_norm_eps", 1e-5), dHead: 64)
    shape.contextLength = try config.count("max_position_embeddings", default: 131_072)
    shape.queryKeyValueBias = try config.flag("attention_bias", default: true)
    shape.outputBias = shape.queryKeyValueBias
    let window = try config.count("sliding_window", default: 128)
    shape.masks = try config.masks(layers: shape.layers, window: window) { $0.isMultiple(of: 2) }
    shape.sinks = { [heads = shape.heads] in WeightPlan("\($0).sinks", [heads]) }
    try config.refuse("swiglu_alpha", unless: .double(1.702))
    config.ignore(["experts_per_token"])
    let limit = try config.number("swiglu_limit", default: 7)
    let count = try config.count("num_local_experts", default: 128)
    let routing = RoutingPlan(
      count: try config.optionalCount("num_experts_per_tok")
        ?? config.count("experts_per_token", default: 4), isNormalised: true)
    shape.mlp = { [shape] _, block in
      .experts(
        ExpertsPlan(
          router: shape.linear("\(block).mlp.router", shape.dModel, count, bias: true),
          routing: routing,
          experts: (0..<count).map { expert($0, of: count, "\(block).mlp.experts", shape, limit) }))
    }
    return try shape.plan()
  }

  /// One of the experts, which lie in one tensor; gate and factor take turns among the outputs.
  private static func expert(
    _ index: Int, of count: Int, _ name: String, _ shape: DecoderShape, _ limit: Double
  ) -> MLPPlan {
    let (dModel, width) = (shape.dModel, shape.dMLP)
    func weight(_ name: String, _ sizes: [Int]) -> WeightPlan {
      WeightPlan(name, [count] + sizes, part: index)
    }
    func half(_ first: Int) -> LinearPlan {
      LinearPlan(
        weight: weight("\(name).gate_up_proj", [dModel, 2 * width]),
        bias: weight("\(name).gate_up_proj_bias", [2 * width]), layout: .inputsFirst,
        outputs: Outputs(first: first, width: 1, distance: 2, stretches: width))
    }
    return .gated(
      gate: half(0), up: half(1),
      down: LinearPlan(
        weight: weight("\(name).down_proj", [width, dModel]),
        bias: weight("\(name).down_proj_bias", [dModel]), layout: .inputsFirst),
      activation: .quickGELU, limit: limit)
  }
}
