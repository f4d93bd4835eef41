/// GPT-Neo: GPT-2 with unscaled scores and a window in some layers.
///
/// Source: transformers 5, `models/gpt_neo/modeling_gpt_neo.py`.
enum GPTNeo: Family {
  static let modelTypes = ["gpt_neo"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("hidden_size")
    let heads = try config.count("num_heads", or: "num_attention_heads")
    let layers = try config.count("num_layers", or: "num_hidden_layers")
    let epsilon = try config.number("layer_norm_epsilon", default: 1e-5)
    let vocabularySize = try config.count("vocab_size")
    let contextLength = try config.count("max_position_embeddings", default: 2048)
    let tied = try config.flag("tie_word_embeddings", default: true)
    let kinds = try kinds(config, layers: layers)
    let window = MaskPlan.sliding(try config.count("window_size", default: 256))
    var decoder = PlainDecoder(
      config: config, layers: layers, dModel: dModel, heads: heads,
      dMLP: try config.count("intermediate_size", default: 4 * dModel),
      vocabularySize: vocabularySize, contextLength: contextLength, kvHeads: heads,
      dHead: try config.headWidth(dModel, heads: heads, key: "num_heads"),
      activation: try config.activation("activation_function", default: "gelu_new"),
      epsilon: epsilon, blocks: "h.", norms: ("ln_1", "ln_2"),
      output: ("attn.attention.out_proj", true), up: ("mlp.c_fc", true),
      down: ("mlp.c_proj", true),
      projections: { decoder, block in
        let name = "\(block).attn.attention"
        return decoder.separate("\(name).q_proj", "\(name).k_proj", "\(name).v_proj", bias: false)
      },
      embedding: EmbeddingPlan(
        token: WeightPlan("wte.weight", [vocabularySize, dModel]),
        position: WeightPlan("wpe.weight", [contextLength, dModel])),
      head: OutputPlan(
        norm: .layer("ln_f", dModel, epsilon: epsilon),
        linear: LinearPlan(
          tied ? "wte" : "lm_head", inputs: dModel, stored: vocabularySize, bias: false)),
      prefixes: ["transformer.", ""],
      ignoredSuffixes: [".attention.bias", ".attention.masked_bias"])
    decoder.scale = 1
    decoder.mask = { kinds[$0] == "local" ? window : .causal }
    return decoder.plan()
  }

  /// `global` or `local` for each layer: `attention_layers`, or `attention_types` with repetitions.
  private static func kinds(_ config: ConfigReader, layers: Int) throws -> [String] {
    let repeated = config.value("attention_types")
    if let kinds = try config.layerWords(
      "attention_layers", layers: layers, among: ["global", "local"])
    {
      return kinds
    }
    guard let repeated else {
      return (0..<layers).map { $0.isMultiple(of: 2) ? "global" : "local" }
    }
    let kinds = (repeated.array ?? []).flatMap { entry -> [String] in
      let words = entry[0]?.array?.compactMap(\.string) ?? []
      return Array(repeating: words, count: max(0, min(layers, entry[1]?.int ?? 0))).flatMap { $0 }
    }
    guard kinds.count == layers, kinds.allSatisfy(["global", "local"].contains) else {
      throw ModelError.configValue(
        file: config.file, key: "attention_types", found: "\(kinds.count) layers",
        expected: "global or local for each of \(layers) layers")
    }
    return kinds
  }
}
