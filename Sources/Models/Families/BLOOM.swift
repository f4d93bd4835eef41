/// BLOOM: ALiBi, a norm of the embeddings, queries, keys and values head by head in one matrix.
///
/// Source: transformers 5, `models/bloom/modeling_bloom.py`.
enum BLOOM: Family {
  static let modelTypes = ["bloom"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("n_embed", or: "hidden_size")
    let heads = try config.count("n_head", or: "num_attention_heads")
    let epsilon = try config.number("layer_norm_epsilon", default: 1e-5)
    let vocabularySize = try config.count("vocab_size")
    let tied = try config.flag("tie_word_embeddings", default: true)
    try config.refuse("apply_residual_connection_post_layernorm", unless: .bool(false))
    config.ignore([
      "attention_softmax_in_fp32", "bias_dropout_fusion", "masked_softmax_fusion", "n_inner",
      "offset_alibi", "skip_bias_add", "skip_bias_add_qkv", "slow_but_exact",
    ])
    var decoder = PlainDecoder(
      config: config, layers: try config.count("n_layer", or: "num_hidden_layers"),
      dModel: dModel, heads: heads, dMLP: 4 * dModel, vocabularySize: vocabularySize,
      contextLength: try config.count("seq_length", default: 2048), kvHeads: heads,
      dHead: try config.headWidth(dModel, heads: heads, key: "n_head"), activation: .geluTanh,
      epsilon: epsilon, blocks: "h.", norms: ("input_layernorm", "post_attention_layernorm"),
      output: ("self_attention.dense", true), up: ("mlp.dense_h_to_4h", true),
      down: ("mlp.dense_4h_to_h", true),
      projections: { $0.grouped("\($1).self_attention.query_key_value", bias: true) },
      embedding: EmbeddingPlan(
        token: WeightPlan("word_embeddings.weight", [vocabularySize, dModel]),
        norm: .layer("word_embeddings_layernorm", dModel, epsilon: epsilon)),
      head: OutputPlan(
        norm: .layer("ln_f", dModel, epsilon: epsilon),
        linear: LinearPlan(
          tied ? "word_embeddings" : "lm_head", inputs: dModel, stored: vocabularySize, bias: false)
      ),
      prefixes: ["transformer.", ""])
    decoder.position = .alibi(AlibiPlan(slopes: AlibiPlan.slopes(heads: heads)))
    return decoder.plan()
  }
}
