import Checkpoints

/// Llama: rotary positions, RMS norm, gated MLP, grouped-query attention.
///
/// Source: transformers 5, `models/llama/modeling_llama.py`.
enum Llama: Family {
  static let modelTypes = ["llama"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("hidden_size")
    let heads = try config.count("num_attention_heads")
    let kvHeads = try config.count("num_key_value_heads", default: heads)
    let dHead = try config.count("head_dim", default: max(1, dModel / heads))
    let dMLP = try config.count("intermediate_size")
    let epsilon = try config.number("rms_norm_eps", default: 1e-6)
    let activation = try config.activation("hidden_act", default: "silu")
    let attentionBias = try config.flag("attention_bias", default: false)
    let mlpBias = try config.flag("mlp_bias", default: false)
    let vocabularySize = try config.count("vocab_size")
    let tied = try config.flag("tie_word_embeddings", default: false)
    try config.checkGroups(heads: heads, kvHeads: kvHeads)
    let rotary = try rotary(config, dHead: dHead)

    func norm(_ name: String) -> NormPlan { .rms(name, dModel, epsilon: epsilon) }
    func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool) -> LinearPlan {
      LinearPlan(name, inputs: inputs, stored: outputs, bias: bias)
    }
    let blocks = try (0..<config.count("num_hidden_layers")).map { layer in
      let block = "layers.\(layer)"
      let attention = "\(block).self_attn"
      return BlockPlan(
        attentionNorms: NormPlacement(input: norm("\(block).input_layernorm")),
        attention: AttentionPlan(
          heads: heads, kvHeads: kvHeads, dHead: dHead, scale: 1 / Double(dHead).squareRoot(),
          query: linear("\(attention).q_proj", dModel, heads * dHead, bias: attentionBias),
          key: linear("\(attention).k_proj", dModel, kvHeads * dHead, bias: attentionBias),
          value: linear("\(attention).v_proj", dModel, kvHeads * dHead, bias: attentionBias),
          output: linear("\(attention).o_proj", heads * dHead, dModel, bias: attentionBias),
          position: .rotary(rotary), mask: .causal),
        mlpNorms: NormPlacement(input: norm("\(block).post_attention_layernorm")),
        mlp: .gated(
          gate: linear("\(block).mlp.gate_proj", dModel, dMLP, bias: mlpBias),
          up: linear("\(block).mlp.up_proj", dModel, dMLP, bias: mlpBias),
          down: linear("\(block).mlp.down_proj", dMLP, dModel, bias: mlpBias),
          activation: activation))
    }
    return ModelPlan(
      family: config.modelType, dModel: dModel, vocabularySize: vocabularySize,
      contextLength: try config.count("max_position_embeddings", default: 2048),
      embedding: EmbeddingPlan(token: WeightPlan("embed_tokens.weight", [vocabularySize, dModel])),
      blocks: blocks,
      head: OutputPlan(
        norm: norm("norm"),
        linear: linear(tied ? "embed_tokens" : "lm_head", dModel, vocabularySize, bias: false)),
      prefixes: ["model.", ""], ignoredSuffixes: ["rotary_emb.inv_freq"])
  }

  /// `rope_parameters` of transformers 5, or `rope_theta` and `rope_scaling` of transformers 4.
  private static func rotary(_ config: ConfigReader, dHead: Int) throws -> RotaryPlan {
    for key in ["rope_parameters", "rope_scaling"] {
      let type = config.value(key, "rope_type") ?? config.value(key, "type")
      guard let name = type?.string, name != "default" else { continue }
      throw ModelError.configValue(
        file: config.file, key: "\(key).rope_type", found: name, expected: "default")
    }
    guard dHead.isMultiple(of: 2) else {
      throw ModelError.configValue(
        file: config.file, key: "head_dim", found: "\(dHead)", expected: "an even number")
    }
    let theta = config.value("rope_parameters", "rope_theta")?.double
    let base = try theta ?? config.number("rope_theta", default: 10000)
    guard base > 0, base.isFinite else {
      throw ModelError.configValue(
        file: config.file, key: "rope_theta", found: "\(base)", expected: "a number above 0")
    }
    return RotaryPlan(frequencies: RotaryPlan.frequencies(theta: base, dimensions: dHead))
  }
}
