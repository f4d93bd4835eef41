/// OLMo: Llama with layer norms that have no weights, and clipped queries, keys and values.
///
/// Source: transformers 5, `models/olmo/modeling_olmo.py`.
enum OLMo: Family {
  static let modelTypes = ["olmo"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config)
    shape.norm = { _, _ in NormPlan(.layer, gain: nil, epsilon: 1e-5) }
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    shape.clip = try config.optionalNumber("clip_qkv")
    return try shape.plan()
  }
}
