/// Gemma 3's language model: norms of queries and keys instead of caps, and two bases of rotary positions.
///
/// A checkpoint with a vision tower opens as the text model inside.
///
/// Source: transformers 5, `models/gemma3/modeling_gemma3.py`.
enum Gemma3: Family {
  static let modelTypes = ["gemma3", "gemma3_text"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let config = config.modelType == "gemma3" ? try textConfig(config) : config
    var shape = try Gemma2.shape(config, rotary: nil)
    shape.normaliseHeads()
    shape.cap = try config.cap("attn_logit_softcapping", default: nil)
    shape.logitCap = try config.cap("final_logit_softcapping", default: nil)
    shape.contextLength = try config.count("max_position_embeddings", default: 131_072)
    let pattern =
      try config.optionalCount("sliding_window_pattern")
      ?? config.count("_sliding_window_pattern", default: 6)
    let window = try config.count("sliding_window", default: 4096)
    shape.masks = try config.masks(layers: shape.layers, window: window) {
      ($0 + 1) % pattern != 0
    }
    let global = PositionPlan.rotary(
      try config.rotary(
        width: shape.dHead, layerType: "full_attention", defaults: .init(theta: 1_000_000)))
    let local = PositionPlan.rotary(
      try config.rotary(
        width: shape.dHead, layerType: "sliding_attention",
        defaults: .init(thetaKey: "rope_local_base_freq", readsScaling: false)))
    shape.position = { [masks = shape.masks] in masks[$0] == .causal ? global : local }
    return try shape.plan()
  }

  /// The text model's settings, which leave out what the class says.
  private static func textConfig(_ config: ConfigReader) throws -> ConfigReader {
    config.ignore([
      "vision_config", "mm_tokens_per_image", "boi_token_index", "eoi_token_index",
      "image_token_index", "tie_word_embeddings",
    ])
    return try config.section(
      "text_config",
      fallbacks: [
        "num_attention_heads": 8, "num_key_value_heads": 4, "vocab_size": 262_208,
        "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
      ])
  }
}
