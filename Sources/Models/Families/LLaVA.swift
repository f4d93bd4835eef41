import Checkpoints
import Tensors

/// LLaVA: what CLIP makes of an image's patches, projected, takes the places of a token in Llama's text.
///
/// Source: transformers 5, `models/llava/modeling_llava.py`; Liu et al. 2023, "Visual Instruction Tuning".
enum LLaVA: Family {
  static let modelTypes = ["llava"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let visionConfig = try config.section("vision_config")
    let textConfig = try config.section("text_config")
    guard let family = Families.named(textConfig.modelType), family != LLaVA.self else {
      throw ModelError.modelTypeUnknown(
        file: config.file, found: textConfig.modelType, known: Families.modelTypes)
    }
    let text = try family.plan(textConfig)
    let layers = try visionConfig.count("num_hidden_layers", default: 24)
    // Counted from the end, the last layer's output being −1.
    let layer = config.value("vision_feature_layer")?.int ?? -2
    let used = layer < 0 ? layers + 1 + layer : layer
    guard (0...layers).contains(used) else {
      throw ModelError.configValue(
        file: config.file, key: "vision_feature_layer", found: "\(layer)",
        expected: "a layer of the \(layers) there are")
    }
    let strategy = config.value("vision_feature_select_strategy")?.string ?? "default"
    let vision = try CLIP.vision(
      visionConfig, isSigLIP: visionConfig.modelType.hasPrefix("siglip"), prefix: "", layers: used)
    let token = config.value("image_token_index")?.int ?? config.value("image_token_id")?.int
    let bias = try config.flag("multimodal_projector_bias", default: true)
    config.disregard("image_seq_length", "ignore_index", "tie_word_embeddings", "vocab_size")
    let projector = MLPPlan.plain(
      up: LinearPlan(
        "multi_modal_projector.linear_1", inputs: vision.dModel, stored: text.dModel, bias: bias),
      down: LinearPlan(
        "multi_modal_projector.linear_2", inputs: text.dModel, stored: text.dModel, bias: bias),
      activation: try config.activation("projector_hidden_act", default: "gelu"))
    return ModelPlan(
      family: config.modelType, dModel: text.dModel, vocabularySize: text.vocabularySize,
      contextLength: text.contextLength, embedding: text.embedding, blocks: text.blocks,
      head: text.head,
      encoder: .inserted(
        vision,
        InsertionPlan(
          token: token ?? 32000, dropping: strategy == "full" ? 0 : 1, projector: projector)),
      // As transformers 4 and 5 put them.
      prefixes: [
        "language_model.model.", "model.language_model.", "language_model.", "vision_tower.",
        "vision_tower.vision_model.", "model.vision_tower.vision_model.", "model.vision_tower.",
        "model.", "",
      ],
      ignoredSuffixes: text.ignoredSuffixes + ["position_ids"],
      // The layers after the one that is read.
      ignoredPrefixes: ["vision_tower.", "model.vision_tower."])
  }
}
