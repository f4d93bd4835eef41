/// Falcon: one key/value head in the 7B model, groups of heads in the 40B one, ALiBi in the RW models.
///
/// Source: transformers 5, `models/falcon/modeling_falcon.py`, whose eager attention adds ALiBi twice; as in its
/// fused attention, it is added once here.
enum Falcon: Family {
  static let modelTypes = ["falcon"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("hidden_size", or: "n_embed")
    let heads = try config.count("num_attention_heads")
    let dHead = try config.headWidth(dModel, heads: heads, key: "num_attention_heads")
    let epsilon = try config.number("layer_norm_epsilon", default: 1e-5)
    let vocabularySize = try config.count("vocab_size")
    let isNew = try config.flag("new_decoder_architecture", default: false)
    let isMultiQuery = try config.flag("multi_query", default: true)
    let isParallel = try config.flag("parallel_attn", default: true) || isNew
    let bias = try config.flag("bias", default: false)
    let tied = try config.flag("tie_word_embeddings", default: true)
    try config.refuse("apply_residual_connection_post_layernorm", unless: .bool(false))
    let normCount = try config.optionalCount("num_ln_in_parallel_attn") ?? (isNew ? 2 : 1)
    let stated = try config.count("num_kv_heads", default: heads)
    let kvHeads = isNew ? stated : isMultiQuery ? 1 : heads
    try config.checkGroups(heads: heads, kvHeads: kvHeads)
    let norms =
      isNew && normCount == 2
      ? ("ln_attn", "ln_mlp")
      : ("input_layernorm", isParallel ? "input_layernorm" : "post_attention_layernorm")
    var decoder = PlainDecoder(
      config: config, layers: try config.count("num_hidden_layers"), dModel: dModel, heads: heads,
      dMLP: try config.count("ffn_hidden_size", default: 4 * dModel),
      vocabularySize: vocabularySize, contextLength: try config.rotaryContext(), kvHeads: kvHeads,
      dHead: dHead, activation: try config.activation("activation", default: "gelu"),
      epsilon: epsilon, blocks: "h.", norms: norms, output: ("self_attention.dense", bias),
      up: ("mlp.dense_h_to_4h", bias), down: ("mlp.dense_4h_to_h", bias),
      projections: { $0.grouped("\($1).self_attention.query_key_value", bias: bias) },
      embedding: EmbeddingPlan(
        token: WeightPlan("word_embeddings.weight", [vocabularySize, dModel])),
      head: OutputPlan(
        norm: .layer("ln_f", dModel, epsilon: epsilon),
        linear: LinearPlan(
          tied ? "word_embeddings" : "lm_head", inputs: dModel, stored: vocabularySize, bias: false)
      ),
      prefixes: ["transformer.", ""])
    decoder.isParallel = isParallel
    // Read even where ALiBi makes it idle, so that its keys do not count as unused.
    let rotary = try config.rotary(width: dHead)
    decoder.position =
      try config.flag("alibi", default: false)
      ? .alibi(
        AlibiPlan(
          slopes: AlibiPlan.slopes(heads: heads), factor: 1 / Double(dHead).squareRoot(),
          isRounded: true))
      : .rotary(rotary)
    return decoder.plan()
  }
}
