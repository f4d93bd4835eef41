/// OLMo 2: norms after both halves, and of all queries and all keys of a token together.
///
/// Source: transformers 5, `models/olmo2/modeling_olmo2.py`.
enum OLMo2: Family {
  static let modelTypes = ["olmo2"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config, epsilon: ("rms_norm_eps", 1e-5))
    shape.norms = .after
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    let (norm, dHead) = (shape.norm, shape.dHead)
    shape.queryNorm = { [heads = shape.heads] in .joint(norm("\($0).q_norm", heads * dHead)) }
    shape.keyNorm = { [kvHeads = shape.kvHeads] in .joint(norm("\($0).k_norm", kvHeads * dHead)) }
    return try shape.plan()
  }
}
