/// Mistral: Llama with a sliding window.
///
/// Source: transformers 5, `models/mistral/modeling_mistral.py`.
enum Mistral: Family {
  static let modelTypes = ["mistral"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config)
    let window =
      try config.optionalCount("sliding_window") ?? (config.has("sliding_window") ? nil : 4096)
    shape.masks = try config.masks(layers: shape.layers, window: window) { _ in true }
    return try shape.plan()
  }
}
