import Checkpoints
import Tensors

/// ModernBERT: rotary positions, local and global layers, gated MLPs, norms before each half.
///
/// Source: transformers 5, `models/modernbert/modeling_modernbert.py`; Warner et al. 2024.
enum ModernBERT: Family {
  static let modelTypes = ["modernbert"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let epsilon = try config.number("norm_eps", default: 1e-5)
    let activation = try config.activation("hidden_activation", default: "gelu")
    let sizes = try EncoderSizes(config, epsilon: epsilon, activation: activation)
    let (dModel, dMLP) = (sizes.dModel, sizes.dMLP)
    let vocabularySize = try config.count("vocab_size")
    let attentionBias = try config.flag("attention_bias", default: false)
    let mlpBias = try config.flag("mlp_bias", default: false)
    let normBias = try config.flag("norm_bias", default: false)
    func norm(_ name: String) -> NormPlan {
      .layer(name, dModel, epsilon: epsilon, bias: normBias)
    }
    let every = try config.count("global_attn_every_n_layers", default: 3)
    config.disregard(
      "classifier_pooling", "deterministic_flash_attn", "sparse_pred_ignore_index",
      "sparse_prediction", "position_embedding_type", "reference_compile",
      "repad_logits_with_grad")
    let window = try config.count("local_attention", default: 128) / 2
    let kinds = config.value("layer_types")?.array?.compactMap(\.string)
    let layers = try config.count("num_hidden_layers")
    let blocks = try (0..<layers).map { layer in
      let isGlobal =
        kinds.map { $0.indices.contains(layer) && $0[layer] == "full_attention" }
        ?? (layer % every == 0)
      let rotary = RotaryPlan(
        frequencies: RotaryPlan.frequencies(
          theta: try theta(config, isGlobal: isGlobal), dimensions: sizes.dHead))
      let block = "layers.\(layer)"
      func part(_ index: Int) -> LinearPlan {
        LinearPlan(
          "\(block).attn.Wqkv", inputs: dModel, stored: 3 * dModel,
          outputs: Outputs(index * dModel..<(index + 1) * dModel), bias: attentionBias)
      }
      func half(_ index: Int) -> LinearPlan {
        LinearPlan(
          "\(block).mlp.Wi", inputs: dModel, stored: 2 * dMLP,
          outputs: Outputs(index * dMLP..<(index + 1) * dMLP), bias: mlpBias)
      }
      return BlockPlan(
        // The embeddings' norm is the first layer's.
        attentionNorms: NormPlacement(input: layer == 0 ? nil : norm("\(block).attn_norm")),
        attention: AttentionPlan(
          heads: sizes.heads, kvHeads: sizes.heads, dHead: sizes.dHead,
          scale: 1 / Double(sizes.dHead).squareRoot(), query: part(0), key: part(1),
          value: part(2), output: sizes.square("\(block).attn.Wo", bias: attentionBias),
          position: .rotary(rotary),
          mask: isGlobal ? .bidirectional : .window(before: window, after: window)),
        mlpNorms: NormPlacement(input: norm("\(block).mlp_norm")),
        mlp: .gated(
          gate: half(0), up: half(1),
          down: LinearPlan("\(block).mlp.Wo", inputs: dMLP, stored: dModel, bias: mlpBias),
          activation: activation))
    }
    let token = WeightPlan("embeddings.tok_embeddings.weight", [vocabularySize, dModel])
    let isTied = try config.flag("tie_word_embeddings", default: true)
    let hasBias = try config.flag("decoder_bias", default: true)
    return ModelPlan(
      family: config.modelType, dModel: dModel, vocabularySize: vocabularySize,
      contextLength: try config.count("max_position_embeddings", default: 8192),
      embedding: EmbeddingPlan(token: token, norm: norm("embeddings.norm")), blocks: blocks,
      head: OutputPlan(
        norm: norm("final_norm"),
        projection: sizes.square(
          "head.dense", bias: try config.flag("classifier_bias", default: false)),
        squash: .activation(try config.activation("classifier_activation", default: "gelu")),
        projectionNorm: norm("head.norm"),
        linear: LinearPlan(
          weight: isTied ? token : WeightPlan("decoder.weight", token.shape),
          bias: hasBias ? WeightPlan("decoder.bias", [vocabularySize]) : nil)),
      prefixes: ["model.", ""], ignoredSuffixes: ["decoder.weight"])
  }

  /// The base of one kind of layer's angles, in the spelling of transformers 5 or 4.
  private static func theta(_ config: ConfigReader, isGlobal: Bool) throws -> Double {
    let kind = isGlobal ? "full_attention" : "sliding_attention"
    let new = config.value("rope_parameters", kind, "rope_theta")?.double
    let old = try config.number(
      isGlobal ? "global_rope_theta" : "local_rope_theta", default: isGlobal ? 160_000 : 10_000)
    return new ?? old
  }
}
