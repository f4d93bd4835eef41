/// Gemma 2: Gemma with norms around both halves, caps on scores and logits, and windows in every second
/// layer.
///
/// Source: transformers 5, `models/gemma2/modeling_gemma2.py`.
enum Gemma2: Family {
  static let modelTypes = ["gemma2"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try shape(config)
    let window = try config.count("sliding_window", default: 4096)
    shape.masks = try config.masks(layers: shape.layers, window: window) { $0.isMultiple(of: 2) }
    shape.cap = try config.cap("attn_logit_softcapping", default: 50)
    shape.logitCap = try config.cap("final_logit_softcapping", default: 30)
    return try shape.plan()
  }

  /// What the second and third generation share.
  static func shape(
    _ config: ConfigReader, rotary: ConfigReader.RotaryDefaults? = .init()
  ) throws -> DecoderShape {
    var shape = try Gemma.shape(
      config, activation: ("hidden_activation", "gelu_pytorch_tanh"), rotary: rotary)
    // Files have both; the class reads hidden_activation and sliding_window.
    config.ignore(["hidden_act", "sliding_window_size"])
    shape.norms = .around
    shape.scale = 1 / (try config.number("query_pre_attn_scalar", default: 256)).squareRoot()
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    try config.refuse("use_bidirectional_attention", unless: .bool(false))
    return shape
  }
}

extension ConfigReader {
  /// A cap; none where the file says null.
  func cap(_ key: String, default fallback: Double?) throws -> Double? {
    try optionalNumber(key) ?? (has(key) ? nil : fallback)
  }
}
