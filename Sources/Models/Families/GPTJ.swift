/// GPT-J: both halves side by side behind one norm, pairs of neighbours turn.
///
/// Source: transformers 5, `models/gptj/modeling_gptj.py`.
enum GPTJ: Family {
  static let modelTypes = ["gptj"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("n_embd")
    let heads = try config.count("n_head")
    let dHead = try config.headWidth(dModel, heads: heads, key: "n_head")
    let epsilon = try config.number("layer_norm_epsilon", default: 1e-5)
    let vocabularySize = try config.count("vocab_size")
    let turning = try config.optionalCount("rotary_dim") ?? (config.has("rotary_dim") ? dHead : 64)
    guard turning <= dHead, turning.isMultiple(of: 2) else {
      throw ModelError.configValue(
        file: config.file, key: "rotary_dim", found: "\(turning)",
        expected: "an even number up to \(dHead)")
    }
    try config.refuse("rotary", unless: .bool(true))
    try config.refuse("scale_attn_weights", unless: .bool(true))
    let tied = try config.flag("tie_word_embeddings", default: false)
    var decoder = PlainDecoder(
      config: config, layers: try config.count("n_layer"), dModel: dModel, heads: heads,
      dMLP: try config.count("n_inner", default: 4 * dModel), vocabularySize: vocabularySize,
      contextLength: try config.count("n_positions", default: 2048), kvHeads: heads, dHead: dHead,
      activation: try config.activation("activation_function", default: "gelu_new"),
      epsilon: epsilon, blocks: "h.", norms: ("ln_1", "ln_1"), output: ("attn.out_proj", false),
      up: ("mlp.fc_in", true), down: ("mlp.fc_out", true),
      projections: {
        $0.separate("\($1).attn.q_proj", "\($1).attn.k_proj", "\($1).attn.v_proj", bias: false)
      },
      embedding: EmbeddingPlan(token: WeightPlan("wte.weight", [vocabularySize, dModel])),
      head: OutputPlan(
        norm: .layer("ln_f", dModel, epsilon: epsilon),
        linear: LinearPlan(
          weight: WeightPlan(tied ? "wte.weight" : "lm_head.weight", [vocabularySize, dModel]),
          bias: WeightPlan("lm_head.bias", [vocabularySize]))),
      prefixes: ["transformer.", ""])
    decoder.isParallel = true
    decoder.position = .rotary(
      RotaryPlan(
        frequencies: RotaryPlan.frequencies(theta: 10_000, dimensions: turning),
        pairing: .neighbours))
    return decoder.plan()
  }
}
