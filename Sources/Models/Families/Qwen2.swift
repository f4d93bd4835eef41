/// Qwen 2 and 2.5: Llama with biases for queries, keys and values, and windows in the later layers.
///
/// Source: transformers 5, `models/qwen2/modeling_qwen2.py`.
enum Qwen2: Family {
  static let modelTypes = ["qwen2"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config)
    shape.queryKeyValueBias = true
    shape.masks = try masks(config, layers: shape.layers)
    return try shape.plan()
  }

  /// Windows from `max_window_layers` on, where they are used at all.
  static func masks(_ config: ConfigReader, layers: Int) throws -> [MaskPlan] {
    try config.refuse("use_mrope", unless: .bool(false))
    let first = config.value("max_window_layers")?.int ?? 28
    return try config.masks(layers: layers, window: window(config)) { $0 >= first }
  }

  /// The size of windows; nil where none are used.
  static func window(_ config: ConfigReader) throws -> Int? {
    guard try config.flag("use_sliding_window", default: false) else {
      config.ignore(["sliding_window"])
      return nil
    }
    return try config.count("sliding_window", default: 4096)
  }
}
