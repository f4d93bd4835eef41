import Checkpoints

/// Whisper: a sound's log-mel features through two convolutions, then an encoder and a decoder.
///
/// Source: transformers 5, `models/whisper/modeling_whisper.py`; Radford et al. 2022.
enum Whisper: Family {
  static let modelTypes = ["whisper"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("d_model")
    let bands = try config.count("num_mel_bins", default: 80)
    let isScaled = try config.flag("scale_embedding", default: false)
    func convolution(_ name: String, inputs: Int) -> LinearPlan {
      LinearPlan(
        weight: WeightPlan(
          "encoder.\(name).weight", [dModel, inputs, 3], as: [dModel, 3 * inputs]),
        bias: WeightPlan("encoder.\(name).bias", [dModel]))
    }
    func stack(
      _ name: String, _ source: EmbeddingPlan.Source, positions: Int, vocabularySize: Int,
      scale: Double, reading encoder: EncoderPlan?
    ) throws -> ModelPlan {
      let sizes = try EncoderSizes(
        config, dModel: "d_model", heads: "\(name)_attention_heads",
        dMLP: config.count("\(name)_ffn_dim"), epsilon: 1e-5,
        activation: config.activation("activation_function", default: "gelu"))
      let blocks = try (0..<config.count("\(name)_layers")).map {
        sizes.bartBlock(
          "\(name).layers.\($0)", isPreNorm: true, isDecoder: encoder != nil, keyBias: false)
      }
      return ModelPlan(
        family: config.modelType, dModel: dModel, vocabularySize: vocabularySize,
        contextLength: positions,
        embedding: EmbeddingPlan(
          source, scale: scale,
          positions: .stored(
            WeightPlan("\(name).embed_positions.weight", [positions, dModel]), first: 0)),
        blocks: blocks,
        head: OutputPlan(
          norm: sizes.norm("\(name).layer_norm"),
          linear: LinearPlan(
            "decoder.embed_tokens", inputs: dModel, stored: max(1, vocabularySize), bias: false)),
        encoder: encoder, prefixes: ["model.", ""], ignoredSuffixes: ["proj_out.weight"])
    }
    let encoder = try stack(
      "encoder",
      .frames(
        FramePlan(
          bands: bands,
          convolutions: [
            convolution("conv1", inputs: bands), convolution("conv2", inputs: dModel),
          ], strides: [1, 2])),
      positions: config.count("max_source_positions", default: 1500), vocabularySize: 0, scale: 1,
      reading: nil)
    config.disregard(
      "num_hidden_layers", "apply_spec_augment", "use_weighted_layer_sum", "classifier_proj_size",
      "is_encoder_decoder", "median_filter_width", "tie_word_embeddings", "mask_feature_length",
      "mask_feature_min_masks", "mask_feature_prob", "mask_time_length", "mask_time_min_masks",
      "mask_time_prob", "begin_suppress_tokens", "suppress_tokens", "forced_decoder_ids",
      "max_length")
    let vocabularySize = try config.count("vocab_size")
    return try stack(
      "decoder",
      .tokens(WeightPlan("decoder.embed_tokens.weight", [vocabularySize, dModel]), types: nil),
      positions: config.count("max_target_positions", default: 448),
      vocabularySize: vocabularySize, scale: isScaled ? Double(dModel).squareRoot() : 1,
      reading: .attended(encoder, start: config.value("decoder_start_token_id")?.int ?? 50257))
  }
}
