import Checkpoints
import Tensors

/// BART and those that share its stacks: mBART and Marian.
///
/// Source: transformers 5, `models/bart/modeling_bart.py`, `models/mbart/modeling_mbart.py`,
/// `models/marian/modeling_marian.py`; Lewis et al. 2019.
enum BART: Family {
  static let modelTypes = ["bart", "mbart", "marian"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let vocabularySize = try config.count("vocab_size")
    let dModel = try config.count("d_model")
    let positions = try config.count("max_position_embeddings", default: 1024)
    let isMarian = config.modelType == "marian"
    let isPreNorm = config.modelType == "mbart"
    let isScaled = try config.flag("scale_embedding", default: false)
    let token = WeightPlan("shared.weight", [vocabularySize, dModel])
    config.disregard(
      "share_encoder_decoder_embeddings", "decoder_vocab_size", "is_encoder_decoder",
      "tie_word_embeddings", "num_hidden_layers", "normalize_before", "normalize_embedding",
      "add_bias_logits", "add_final_layer_norm", "classif_dropout", "forced_bos_token_id",
      "static_position_embeddings", "extra_pos_embeddings", "num_beams", "max_length",
      "bad_words_ids")
    func plan(_ name: String, reading encoder: ModelPlan?, start: Int) throws -> ModelPlan {
      let side = "\(name)_"
      let sizes = try EncoderSizes(
        config, dModel: "d_model", heads: "\(side)attention_heads",
        dMLP: config.count("\(side)ffn_dim"), epsilon: 1e-5,
        activation: config.activation("activation_function", default: "gelu"))
      // Two rows of the table belong to no position.
      let embedding = EmbeddingPlan(
        .tokens(token, types: nil), scale: isScaled ? Double(dModel).squareRoot() : 1,
        positions: isMarian
          ? .sinusoidal
          : .stored(
            WeightPlan("\(name).embed_positions.weight", [positions + 2, dModel]), first: 2),
        norm: isMarian ? nil : sizes.norm("\(name).layernorm_embedding"))
      let blocks = try (0..<config.count("\(side)layers")).map {
        sizes.bartBlock("\(name).layers.\($0)", isPreNorm: isPreNorm, isDecoder: encoder != nil)
      }
      return ModelPlan(
        family: config.modelType, dModel: dModel, vocabularySize: vocabularySize,
        contextLength: positions, embedding: embedding, blocks: blocks,
        head: OutputPlan(
          norm: isPreNorm ? sizes.norm("\(name).layer_norm") : nil,
          linear: LinearPlan(
            weight: token, bias: WeightPlan("final_logits_bias", [1, vocabularySize]))),
        encoder: encoder.map { .attended($0, start: start) }, prefixes: ["model.", ""],
        ignoredSuffixes: ["embed_tokens.weight", "lm_head.weight"]
          + (isMarian ? ["embed_positions.weight"] : []))
    }
    let encoder = try plan("encoder", reading: nil, start: 0)
    let start =
      config.value("decoder_start_token_id")?.int ?? config.value("eos_token_id")?.int ?? 2
    return try plan("decoder", reading: encoder, start: start)
  }
}

extension EncoderSizes {
  /// A block of BART's, Marian's or Whisper's.
  func bartBlock(
    _ block: String, isPreNorm: Bool, isDecoder: Bool, keyBias: Bool = true
  ) -> BlockPlan {
    func placed(_ name: String) -> NormPlacement {
      isPreNorm ? NormPlacement(input: norm(name)) : NormPlacement(stream: norm(name))
    }
    func names(_ attention: String) -> Names {
      Names(
        query: "\(block).\(attention).q_proj", key: "\(block).\(attention).k_proj",
        value: "\(block).\(attention).v_proj", output: "\(block).\(attention).out_proj",
        attentionNorm: "\(block).\(attention)_layer_norm", up: "\(block).fc1",
        down: "\(block).fc2", mlpNorm: "\(block).final_layer_norm")
    }
    let (own, other) = (names("self_attn"), names("encoder_attn"))
    return BlockPlan(
      attentionNorms: placed(own.attentionNorm),
      attention: attention(own, mask: isDecoder ? .causal : .bidirectional, keyBias: keyBias),
      cross: isDecoder
        ? CrossPlan(
          norms: placed(other.attentionNorm), attention: attention(other, keyBias: keyBias)) : nil,
      mlpNorms: placed(own.mlpNorm), mlp: mlp(own))
  }
}
