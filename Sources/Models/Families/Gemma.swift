/// Gemma: Llama with wide heads, gains stored less one, and embeddings times √dModel.
///
/// Source: transformers 5, `models/gemma/modeling_gemma.py`.
enum Gemma: Family {
  static let modelTypes = ["gemma"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    // Old files say "gelu" in hidden_act and mean its tanh form; hidden_activation says it right.
    let name = config.value("hidden_activation")?.string ?? config.value("hidden_act")?.string
    var shape = try shape(
      config,
      activation: name == "gelu"
        ? ("", "gelu_pytorch_tanh") : ("hidden_act", name ?? "gelu_pytorch_tanh"))
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    try config.refuse("use_bidirectional_attention", unless: .bool(false))
    return try shape.plan()
  }

  /// What all generations share.
  static func shape(
    _ config: ConfigReader, activation: (key: String, fallback: String),
    rotary: ConfigReader.RotaryDefaults? = .init()
  ) throws -> DecoderShape {
    var shape = try DecoderShape(
      config, activation: activation, dHead: 256, tied: true, rotary: rotary)
    let epsilon = try config.number("rms_norm_eps", default: 1e-6)
    shape.norm = { .rms($0, $1, epsilon: epsilon, gainShift: 1) }
    shape.embeddingScale = Double(shape.dModel).squareRoot()
    return shape
  }
}
