/// Llama: rotary positions, RMS norm, gated MLP, grouped-query attention.
///
/// Source: transformers 5, `models/llama/modeling_llama.py`.
enum Llama: Family {
  static let modelTypes = ["llama"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config)
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    shape.mlpBias = try config.flag("mlp_bias", default: false)
    return try shape.plan()
  }
}
