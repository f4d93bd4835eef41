/// Qwen 3: Llama with a norm of queries and keys.
///
/// Source: transformers 5, `models/qwen3/modeling_qwen3.py`.
enum Qwen3: Family {
  static let modelTypes = ["qwen3"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try shape(config)
    shape.masks = try Qwen2.masks(config, layers: shape.layers)
    return try shape.plan()
  }

  /// What the models with and without experts share.
  static func shape(_ config: ConfigReader) throws -> DecoderShape {
    var shape = try DecoderShape(config, dHead: 128)
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    shape.normaliseHeads()
    return shape
  }
}

extension DecoderShape {
  /// Puts norms with one gain for all heads, `q_norm` and `k_norm`, before position encoding.
  mutating func normaliseHeads() {
    let (norm, dHead) = (norm, dHead)
    queryNorm = { .shared(norm("\($0).q_norm", dHead)) }
    keyNorm = { .shared(norm("\($0).k_norm", dHead)) }
  }
}
