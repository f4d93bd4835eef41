import Checkpoints

/// DINOv2, with and without registers: what each half adds is scaled number by number.
///
/// Source: transformers 5, `models/dinov2/modeling_dinov2.py`,
/// `models/dinov2_with_registers/modeling_dinov2_with_registers.py`; Oquab et al. 2023, Darcet et al. 2023.
enum DINOv2: Family {
  static let modelTypes = ["dinov2", "dinov2_with_registers"]
  static let removableTypes = modelTypes

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("hidden_size")
    let ratio = try config.number("mlp_ratio", default: 4)
    let isGated = try config.flag("use_swiglu_ffn", default: false)
    let wide = Int(Double(dModel) * ratio)
    // The reference's rounding: two thirds, up to a multiple of eight.
    let dMLP = isGated ? (wide * 2 / 3 + 7) / 8 * 8 : wide
    let sizes = try EncoderSizes(
      config, dMLP: dMLP, epsilon: config.number("layer_norm_eps", default: 1e-6),
      activation: config.activation("hidden_act", default: "gelu"))
    config.disregard(
      "apply_layernorm", "layerscale_value", "out_features", "out_indices", "reshape_hidden_states",
      "stage_names", "use_mask_token", "intermediate_size")
    let registers =
      config.modelType == "dinov2" ? 0 : try config.count("num_register_tokens", default: 4)
    let hasBias = try config.flag("qkv_bias", default: true)
    let patches = try PatchPlan(
      config, dModel: dModel, projection: "embeddings.patch_embeddings.projection",
      leading: [
        PatchPlan.Leading(
          name: "CLS", weight: WeightPlan("embeddings.cls_token", [1, 1, dModel], as: [1, dModel]))
      ],
      registers: registers > 0
        ? WeightPlan(
          "embeddings.register_tokens", [1, registers, dModel], as: [registers, dModel]) : nil,
      resizes: true)
    let count = 1 + patches.rows * patches.columns
    let blocks = try (0..<config.count("num_hidden_layers")).map { layer in
      let block = "encoder.layer.\(layer)"
      let names = EncoderSizes.Names(
        query: "\(block).attention.attention.query", key: "\(block).attention.attention.key",
        value: "\(block).attention.attention.value", output: "\(block).attention.output.dense",
        attentionNorm: "\(block).norm1", up: "\(block).mlp.fc1", down: "\(block).mlp.fc2",
        mlpNorm: "\(block).norm2")
      return BlockPlan(
        attentionNorms: NormPlacement(
          input: sizes.norm(names.attentionNorm),
          gain: WeightPlan("\(block).layer_scale1.lambda1", [dModel])),
        attention: sizes.attention(names, bias: hasBias),
        mlpNorms: NormPlacement(
          input: sizes.norm(names.mlpNorm),
          gain: WeightPlan("\(block).layer_scale2.lambda1", [dModel])),
        mlp: isGated ? gated(block, dModel: dModel, dMLP: dMLP) : sizes.mlp(names))
    }
    return ModelPlan(
      family: config.modelType, dModel: dModel, vocabularySize: 0,
      contextLength: count + registers,
      embedding: EmbeddingPlan(
        .patches(patches),
        positions: .stored(
          WeightPlan("embeddings.position_embeddings", [1, count, dModel], as: [count, dModel]),
          first: 0)),
      blocks: blocks,
      head: OutputPlan(
        norm: sizes.norm("layernorm"),
        linear: LinearPlan(
          "classifier", inputs: 2 * dModel, stored: try config.classCount(), bias: true),
        reading: .firstAndMean),
      prefixes: ["dinov2.", "dinov2_with_registers.", ""],
      ignoredSuffixes: ["embeddings.mask_token"])
  }

  private static func gated(_ block: String, dModel: Int, dMLP: Int) -> MLPPlan {
    func half(_ index: Int) -> LinearPlan {
      LinearPlan(
        "\(block).mlp.weights_in", inputs: dModel, stored: 2 * dMLP,
        outputs: Outputs(index * dMLP..<(index + 1) * dMLP), bias: true)
    }
    return .gated(
      gate: half(0), up: half(1),
      down: LinearPlan("\(block).mlp.weights_out", inputs: dMLP, stored: dModel, bias: true),
      activation: .silu)
  }
}
