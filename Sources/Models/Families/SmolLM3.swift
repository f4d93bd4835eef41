/// SmolLM 3: Llama without positions in every fourth layer.
///
/// Source: transformers 5, `models/smollm3/modeling_smollm3.py`.
enum SmolLM3: Family {
  static let modelTypes = ["smollm3"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config, tied: true, rotary: .init(theta: 2_000_000))
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    shape.mlpBias = try config.flag("mlp_bias", default: false)
    config.ignore(["max_window_layers"])
    let interval = try config.count("no_rope_layer_interval", default: 4)
    let turning = try config.numbers("no_rope_layers")
    let turns = (0..<shape.layers).map { layer in
      turning.flatMap { layer < $0.count ? $0[layer] != 0 : nil } ?? ((layer + 1) % interval != 0)
    }
    shape.position = { [position = shape.position] in turns[$0] ? position($0) : .none }
    let isUsed = try config.flag("use_sliding_window", default: false)
    let window = try config.optionalCount("sliding_window")
    shape.masks = try config.masks(layers: shape.layers, window: isUsed ? window : nil) {
      !turns[$0]
    }
    return try shape.plan()
  }
}
