import Checkpoints

/// MPT: ALiBi, layer norms and matrices without bias.
///
/// Source: transformers 5, `models/mpt/modeling_mpt.py`; `alibi_bias_max`, which that file leaves at 8, as in
/// MosaicML's own `attention.py`.
enum MPT: Family {
  static let modelTypes = ["mpt"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("d_model", or: "hidden_size")
    let heads = try config.count("n_heads", or: "num_attention_heads")
    let epsilon = try config.number("layer_norm_epsilon", default: 1e-5)
    let vocabularySize = try config.count("vocab_size")
    let tied = try config.flag("tie_word_embeddings", default: true)
    try config.refuse("no_bias", unless: .bool(true))
    try config.refuse("logit_scale", unless: .null)
    for (key, accepted) in [
      ("alibi", JSON.bool(true)), ("prefix_lm", .bool(false)), ("qk_ln", .bool(false)),
      ("attn_type", "multihead_attention"),
    ] {
      guard let found = config.value("attn_config", key), found != accepted else { continue }
      throw ModelError.configValue(
        file: config.file, key: "attn_config.\(key)", found: "\(found)", expected: "\(accepted)")
    }
    config.ignore([
      "embedding_fraction", "learned_pos_emb", "norm_type", "init_config", "verbose",
      "tokenizer_name",
    ])
    let strongest = config.value("attn_config", "alibi_bias_max")?.double ?? 8
    var decoder = PlainDecoder(
      config: config, layers: try config.count("n_layers", or: "num_hidden_layers"),
      dModel: dModel, heads: heads, dMLP: try config.count("expansion_ratio", default: 4) * dModel,
      vocabularySize: vocabularySize, contextLength: try config.count("max_seq_len", default: 2048),
      kvHeads: heads, dHead: try config.headWidth(dModel, heads: heads, key: "n_heads"),
      activation: .gelu, epsilon: epsilon, blocks: "blocks.", norms: ("norm_1", "norm_2"),
      output: ("attn.out_proj", false), up: ("ffn.up_proj", false), down: ("ffn.down_proj", false),
      projections: { $0.joined("\($1).attn.Wqkv", bias: false) },
      embedding: EmbeddingPlan(token: WeightPlan("wte.weight", [vocabularySize, dModel])),
      head: OutputPlan(
        norm: .layer("norm_f", dModel, epsilon: epsilon, bias: false),
        linear: LinearPlan(
          tied ? "wte" : "lm_head", inputs: dModel, stored: vocabularySize, bias: false)),
      prefixes: ["transformer.", ""])
    decoder.hasNormBias = false
    decoder.scale = config.value("attn_config", "softmax_scale")?.double
    decoder.clip = config.value("attn_config", "clip_qkv")?.double
    decoder.position = .alibi(
      AlibiPlan(slopes: AlibiPlan.slopes(heads: heads, strongest: strongest)))
    return decoder.plan()
  }
}
