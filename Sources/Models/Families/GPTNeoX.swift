/// GPT-NeoX and Pythia: both halves side by side with a norm each, a quarter of each head turns.
///
/// Source: transformers 5, `models/gpt_neox/modeling_gpt_neox.py`.
enum GPTNeoX: Family {
  static let modelTypes = ["gpt_neox"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("hidden_size")
    let heads = try config.count("num_attention_heads")
    let dHead = try config.headWidth(dModel, heads: heads, key: "num_attention_heads")
    let epsilon = try config.number("layer_norm_eps", default: 1e-5)
    let vocabularySize = try config.count("vocab_size")
    let bias = try config.flag("attention_bias", default: true)
    let tied = try config.flag("tie_word_embeddings", default: false)
    var decoder = PlainDecoder(
      config: config, layers: try config.count("num_hidden_layers"), dModel: dModel, heads: heads,
      dMLP: try config.count("intermediate_size"), vocabularySize: vocabularySize,
      contextLength: try config.rotaryContext(), kvHeads: heads, dHead: dHead,
      activation: try config.activation("hidden_act", default: "gelu"), epsilon: epsilon,
      blocks: "layers.", norms: ("input_layernorm", "post_attention_layernorm"),
      output: ("attention.dense", bias), up: ("mlp.dense_h_to_4h", true),
      down: ("mlp.dense_4h_to_h", true),
      projections: { $0.grouped("\($1).attention.query_key_value", bias: bias) },
      embedding: EmbeddingPlan(token: WeightPlan("embed_in.weight", [vocabularySize, dModel])),
      head: OutputPlan(
        norm: .layer("final_layer_norm", dModel, epsilon: epsilon),
        linear: LinearPlan(
          tied ? "embed_in" : "embed_out", inputs: dModel, stored: vocabularySize, bias: false)),
      prefixes: ["gpt_neox.", ""],
      ignoredSuffixes: [".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq"])
    decoder.isParallel = try config.flag("use_parallel_residual", default: true)
    decoder.position = .rotary(
      try config.rotary(
        width: dHead,
        defaults: .init(fraction: 0.25, thetaKey: "rotary_emb_base", fractionKey: "rotary_pct")))
    return decoder.plan()
  }
}
