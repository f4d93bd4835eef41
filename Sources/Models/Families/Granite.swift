/// Granite: Llama with multipliers for embeddings, scores, both halves and logits.
///
/// Source: transformers 5, `models/granite/modeling_granite.py`.
enum Granite: Family {
  static let modelTypes = ["granite"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config)
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    shape.mlpBias = try config.flag("mlp_bias", default: false)
    shape.embeddingScale = try config.number("embedding_multiplier", default: 1)
    shape.residualScale = try config.number("residual_multiplier", default: 1)
    shape.scale = try config.number("attention_multiplier", default: 1)
    shape.logitScale = 1 / (try config.number("logits_scaling", default: 1))
    return try shape.plan()
  }
}
