import Checkpoints

/// ViT and DeiT: an image's patches after one or two vectors that gather what classes need.
///
/// Source: transformers 5, `models/vit/modeling_vit.py`, `models/deit/modeling_deit.py`.
enum ViT: Family {
  static let modelTypes = ["vit", "deit"]
  static let removableTypes = modelTypes

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let sizes = try EncoderSizes(
      config, epsilon: config.number("layer_norm_eps", default: 1e-12),
      activation: config.activation("hidden_act", default: "gelu"))
    config.disregard("encoder_stride", "pooler_act", "pooler_output_size")
    let isDistilled = config.modelType == "deit"
    let leading = isDistilled ? ["cls_token", "distillation_token"] : ["cls_token"]
    let patches = try PatchPlan(
      config, dModel: sizes.dModel, projection: "embeddings.patch_embeddings.projection",
      leading: leading.map { name in
        PatchPlan.Leading(
          name: name == "cls_token" ? "CLS" : "DIST",
          weight: WeightPlan(
            "embeddings.\(name)", [1, 1, sizes.dModel], as: [1, sizes.dModel]))
      })
    let count = leading.count + patches.rows * patches.columns
    let hasBias = try config.flag("qkv_bias", default: true)
    let blocks = try (0..<config.count("num_hidden_layers")).map { layer in
      let block = "encoder.layer.\(layer)"
      let names = EncoderSizes.Names(
        query: "\(block).attention.attention.query", key: "\(block).attention.attention.key",
        value: "\(block).attention.attention.value", output: "\(block).attention.output.dense",
        attentionNorm: "\(block).layernorm_before", up: "\(block).intermediate.dense",
        down: "\(block).output.dense", mlpNorm: "\(block).layernorm_after")
      return sizes.preNormBlock(names, attention: sizes.attention(names, bias: hasBias))
    }
    func classifier(_ name: String) throws -> LinearPlan {
      LinearPlan(name, inputs: sizes.dModel, stored: try config.classCount(), bias: true)
    }
    let norm = sizes.norm("layernorm")
    let head =
      config.namesArchitecture(endingWith: "WithTeacher")
      ? OutputPlan(
        norm: norm, linear: try classifier("cls_classifier"),
        reading: .firstTwo(second: try classifier("distillation_classifier")))
      : OutputPlan(norm: norm, linear: try classifier("classifier"), reading: .first)
    return ModelPlan(
      family: config.modelType, dModel: sizes.dModel, vocabularySize: 0, contextLength: count,
      embedding: EmbeddingPlan(
        .patches(patches),
        positions: .stored(
          WeightPlan(
            "embeddings.position_embeddings", [1, count, sizes.dModel],
            as: [count, sizes.dModel]), first: 0)),
      blocks: blocks, head: head, prefixes: ["vit.", "deit.", ""],
      ignoredSuffixes: ["pooler.dense.weight", "pooler.dense.bias", "embeddings.mask_token"])
  }
}
