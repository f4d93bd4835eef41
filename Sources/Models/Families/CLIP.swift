import Checkpoints

/// CLIP and SigLIP: a tower for texts and one for images, together or alone.
///
/// Source: transformers 5, `models/clip/modeling_clip.py`, `models/siglip/modeling_siglip.py`; Radford et al. 2021,
/// Zhai et al. 2023.
enum CLIP: Family {
  static let modelTypes = [
    "clip", "clip_text_model", "clip_vision_model", "siglip", "siglip_text_model",
    "siglip_vision_model",
  ]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let isSigLIP = config.modelType.hasPrefix("siglip")
    switch config.modelType {
    case "clip", "siglip":
      config.disregard("logit_scale_init_value")
      let (texts, images) = (
        try config.section("text_config", fallbacks: standard(isSigLIP: isSigLIP, ofImages: false)),
        try config.section("vision_config", fallbacks: standard(isSigLIP: isSigLIP, ofImages: true))
      )
      return try text(
        texts, isSigLIP: isSigLIP, prefix: "text_model.",
        vision: vision(images, isSigLIP: isSigLIP, prefix: "vision_model."),
        contrast: isSigLIP ? sigmoid(texts, images) : softmax(config, texts, images))
    case "clip_vision_model", "siglip_vision_model":
      return try vision(config, isSigLIP: isSigLIP, prefix: "")
    default:
      return try text(config, isSigLIP: isSigLIP, prefix: "")
    }
  }

  /// Sizes that configurations leave out where they are the class's own, as those of released SigLIPs do.
  private static func standard(isSigLIP: Bool, ofImages: Bool) -> [String: JSON] {
    let isSmall = !isSigLIP && !ofImages
    let sizes: [String: JSON] = [
      "hidden_size": isSmall ? 512 : 768, "intermediate_size": isSmall ? 2048 : 3072,
      "num_hidden_layers": 12, "num_attention_heads": isSmall ? 8 : 12,
    ]
    guard ofImages else { return sizes }
    return sizes.merging(["image_size": 224, "patch_size": isSigLIP ? 16 : 32]) { $1 }
  }

  private static func sizes(_ config: ConfigReader, isSigLIP: Bool) throws -> EncoderSizes {
    try EncoderSizes(
      config, epsilon: config.number("layer_norm_eps", default: isSigLIP ? 1e-6 : 1e-5),
      activation: config.activation(
        "hidden_act", default: isSigLIP ? "gelu_pytorch_tanh" : "quick_gelu"))
  }

  private static func text(
    _ config: ConfigReader, isSigLIP: Bool, prefix: String, vision: ModelPlan? = nil,
    contrast: ContrastPlan? = nil
  ) throws -> ModelPlan {
    let sizes = try sizes(config, isSigLIP: isSigLIP)
    let vocabularySize = try config.count("vocab_size", default: isSigLIP ? 32000 : 49408)
    let positions = try config.count("max_position_embeddings", default: isSigLIP ? 64 : 77)
    config.disregard("projection_size", "projection_dim")
    let blocks = try (0..<config.count("num_hidden_layers", default: 12)).map { layer in
      let names = EncoderSizes.Names.clip("\(prefix)encoder.layers.\(layer)")
      return sizes.preNormBlock(
        names, attention: sizes.attention(names, mask: isSigLIP ? .bidirectional : .causal))
    }
    return ModelPlan(
      family: config.modelType, dModel: sizes.dModel, vocabularySize: vocabularySize,
      contextLength: positions,
      embedding: EmbeddingPlan(
        token: WeightPlan(
          "\(prefix)embeddings.token_embedding.weight", [vocabularySize, sizes.dModel]),
        position: WeightPlan(
          "\(prefix)embeddings.position_embedding.weight", [positions, sizes.dModel])),
      blocks: blocks,
      head: OutputPlan(
        norm: sizes.norm("\(prefix)final_layer_norm"), linear: sizes.square("lm_head")),
      encoder: vision.map { .beside($0) }, contrast: contrast, prefixes: prefixes,
      ignoredSuffixes: ignored,
      ignoredPrefixes: others)
  }

  /// The tower for images, also where another model looks through it.
  static func vision(
    _ config: ConfigReader, isSigLIP: Bool, prefix: String, layers used: Int? = nil
  ) throws -> ModelPlan {
    let sizes = try sizes(config, isSigLIP: isSigLIP)
    let embeddings = "\(prefix)embeddings"
    let patches = try PatchPlan(
      config, dModel: sizes.dModel, projection: "\(embeddings).patch_embedding",
      hasBias: isSigLIP,
      leading: isSigLIP
        ? []
        : [
          PatchPlan.Leading(
            name: "CLS",
            weight: WeightPlan(
              "\(embeddings).class_embedding", [sizes.dModel], as: [1, sizes.dModel]))
        ])
    let count = patches.leading.count + patches.rows * patches.columns
    let layers = try config.count("num_hidden_layers", default: 12)
    config.disregard("projection_dim", "vision_use_head")
    let blocks = (0..<(used ?? layers)).map {
      sizes.preNormBlock(.clip("\(prefix)encoder.layers.\($0)"))
    }
    return ModelPlan(
      family: config.modelType, dModel: sizes.dModel, vocabularySize: 0, contextLength: count,
      embedding: EmbeddingPlan(
        .patches(patches),
        positions: .stored(
          WeightPlan("\(embeddings).position_embedding.weight", [count, sizes.dModel]), first: 0),
        // Spelled like this in every checkpoint.
        norm: isSigLIP ? nil : sizes.norm("\(prefix)pre_layrnorm")),
      blocks: blocks,
      head: OutputPlan(
        norm: sizes.norm("\(prefix)post_layernorm"), linear: sizes.square("lm_head")),
      prefixes: prefixes, ignoredSuffixes: ignored, ignoredPrefixes: others)
  }

  /// CLIP's way: two projections, and the best of several texts.
  private static func softmax(
    _ config: ConfigReader, _ texts: ConfigReader, _ images: ConfigReader
  ) throws -> ContrastPlan {
    let width = try config.count("projection_dim", default: 512)
    func projection(_ name: String, _ config: ConfigReader) throws -> LinearPlan {
      LinearPlan(name, inputs: try config.count("hidden_size"), stored: width, bias: false)
    }
    // Configurations of before July 2023 have 2 here, whatever the vocabulary says.
    let end = texts.value("eos_token_id")?.int ?? 49407
    return ContrastPlan(
      textRow: end == 2 ? .largestID : .first(id: end),
      text: try projection("text_projection", texts),
      image: .first(try projection("visual_projection", images)),
      scale: WeightPlan("logit_scale", [], as: [1, 1]), bias: nil)
  }

  /// SigLIP's way: a head for each tower, and each pair by itself.
  private static func sigmoid(
    _ texts: ConfigReader, _ images: ConfigReader
  ) throws -> ContrastPlan {
    let (text, image) = (
      try sizes(texts, isSigLIP: true), try sizes(images, isSigLIP: true)
    )
    let name = "vision_model.head"
    let three = 3 * image.dModel
    let probe = ProbePlan(
      probe: WeightPlan("\(name).probe", [1, 1, image.dModel], as: [1, image.dModel]),
      heads: image.heads,
      queryKeyValue: LinearPlan(
        weight: WeightPlan("\(name).attention.in_proj_weight", [three, image.dModel]),
        bias: WeightPlan("\(name).attention.in_proj_bias", [three])),
      output: image.square("\(name).attention.out_proj"), norm: image.norm("\(name).layernorm"),
      mlp: .plain(
        up: LinearPlan("\(name).mlp.fc1", inputs: image.dModel, stored: image.dMLP, bias: true),
        down: LinearPlan("\(name).mlp.fc2", inputs: image.dMLP, stored: image.dModel, bias: true),
        activation: image.activation))
    return ContrastPlan(
      textRow: .last(padding: texts.value("pad_token_id")?.int ?? 1),
      text: LinearPlan(
        "text_model.head", inputs: text.dModel,
        stored: try texts.count("projection_size", default: text.dModel), bias: true),
      image: .probe(probe), scale: WeightPlan("logit_scale", [1]),
      bias: WeightPlan("logit_bias", [1]))
  }

  private static let prefixes = ["", "text_model.", "vision_model."]
  private static let ignored = ["position_ids"]
  /// What both towers' outputs pass through to be compared.
  private static let others = [
    "logit_scale", "logit_bias", "text_projection.", "visual_projection.", "head.",
    "vision_model.head.", "text_model.head.",
  ]
}
