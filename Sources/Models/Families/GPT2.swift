import Checkpoints

/// GPT-2: learned positions, layer norm, and matrices stored with the inputs first (`Conv1D`).
///
/// Source: transformers 5, `models/gpt2/modeling_gpt2.py`.
enum GPT2: Family {
  static let modelTypes = ["gpt2"]
  static let removableTypes = modelTypes

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("n_embd")
    let heads = try config.count("n_head")
    let dMLP = try config.count("n_inner", default: 4 * dModel)
    let epsilon = try config.number("layer_norm_epsilon", default: 1e-5)
    let activation = try config.activation("activation_function", default: "gelu_new")
    let scaled = try config.flag("scale_attn_weights", default: true)
    let scaledByLayer = try config.flag("scale_attn_by_inverse_layer_idx", default: false)
    let vocabularySize = try config.count("vocab_size")
    let contextLength = try config.count("n_positions", default: 1024)
    let tied = try config.flag("tie_word_embeddings", default: true)
    try config.refuse("add_cross_attention", unless: .bool(false))
    guard dModel % heads == 0 else {
      throw ModelError.configValue(
        file: config.file, key: "n_head", found: "\(heads)", expected: "a divisor of \(dModel)")
    }
    let dHead = dModel / heads

    func norm(_ name: String) -> NormPlan { .layer(name, dModel, epsilon: epsilon) }
    func linear(
      _ name: String, _ inputs: Int, _ stored: Int, _ outputs: Outputs? = nil
    ) -> LinearPlan {
      LinearPlan(
        name, inputs: inputs, stored: stored, outputs: outputs, bias: true, layout: .inputsFirst)
    }
    let blocks = try (0..<config.count("n_layer")).map { layer in
      let block = "h.\(layer)"
      func part(_ index: Int) -> LinearPlan {
        linear(
          "\(block).attn.c_attn", dModel, 3 * dModel,
          Outputs(index * dModel..<(index + 1) * dModel))
      }
      let scale = (scaled ? 1 / Double(dHead).squareRoot() : 1)
      return BlockPlan(
        attentionNorms: NormPlacement(input: norm("\(block).ln_1")),
        attention: AttentionPlan(
          heads: heads, kvHeads: heads, dHead: dHead,
          scale: scaledByLayer ? scale / Double(layer + 1) : scale,
          query: part(0), key: part(1), value: part(2),
          output: linear("\(block).attn.c_proj", dModel, dModel),
          position: .none, mask: .causal),
        mlpNorms: NormPlacement(input: norm("\(block).ln_2")),
        mlp: .plain(
          up: linear("\(block).mlp.c_fc", dModel, dMLP),
          down: linear("\(block).mlp.c_proj", dMLP, dModel), activation: activation))
    }
    return ModelPlan(
      family: config.modelType, dModel: dModel, vocabularySize: vocabularySize,
      contextLength: contextLength,
      embedding: EmbeddingPlan(
        token: WeightPlan("wte.weight", [vocabularySize, dModel]),
        position: WeightPlan("wpe.weight", [contextLength, dModel])),
      blocks: blocks,
      head: OutputPlan(
        norm: norm("ln_f"),
        linear: LinearPlan(
          tied ? "wte" : "lm_head", inputs: dModel, stored: vocabularySize, bias: false)),
      prefixes: ["transformer.", ""], ignoredSuffixes: [".attn.bias", ".attn.masked_bias"])
  }
}
