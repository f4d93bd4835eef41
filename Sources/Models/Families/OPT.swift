/// OPT: learned positions that start at two; the 350M model has its norms after each half and narrower
/// embeddings.
///
/// Source: transformers 5, `models/opt/modeling_opt.py`.
enum OPT: Family {
  static let modelTypes = ["opt"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let dModel = try config.count("hidden_size")
    let heads = try config.count("num_attention_heads")
    let vocabularySize = try config.count("vocab_size")
    let contextLength = try config.count("max_position_embeddings", default: 2048)
    let width = try config.count("word_embed_proj_dim", default: dModel)
    let bias = try config.flag("enable_bias", default: true)
    let hasGain = try config.flag("layer_norm_elementwise_affine", default: true)
    let isPreNorm = try config.flag("do_layer_norm_before", default: true)
    let isRemoved = try config.flag("_remove_final_layer_norm", default: false)
    let tied = try config.flag("tie_word_embeddings", default: true)
    func projection(_ name: String, _ inputs: Int, _ outputs: Int) -> LinearPlan? {
      width == dModel
        ? nil : LinearPlan(name, inputs: inputs, stored: outputs, bias: false)
    }
    var decoder = PlainDecoder(
      config: config, layers: try config.count("num_hidden_layers"), dModel: dModel, heads: heads,
      dMLP: try config.count("ffn_dim"), vocabularySize: vocabularySize,
      contextLength: contextLength, kvHeads: heads,
      dHead: try config.headWidth(dModel, heads: heads, key: "num_attention_heads"),
      activation: try config.activation("activation_function", default: "relu"), epsilon: 1e-5,
      blocks: "layers.", norms: ("self_attn_layer_norm", "final_layer_norm"),
      output: ("self_attn.out_proj", bias), up: ("fc1", bias), down: ("fc2", bias),
      projections: { decoder, block in
        let name = "\(block).self_attn"
        return decoder.separate("\(name).q_proj", "\(name).k_proj", "\(name).v_proj", bias: bias)
      },
      embedding: EmbeddingPlan(
        token: WeightPlan("embed_tokens.weight", [vocabularySize, width]),
        projection: projection("project_in", width, dModel),
        position: WeightPlan("embed_positions.weight", [contextLength + 2, dModel]),
        firstPosition: 2),
      head: OutputPlan(
        norm: isPreNorm && !isRemoved
          ? PlainDecoder.norm("final_layer_norm", dModel, epsilon: 1e-5, gain: hasGain) : nil,
        projection: projection("project_out", dModel, width),
        linear: LinearPlan(
          tied ? "embed_tokens" : "lm_head", inputs: width, stored: vocabularySize, bias: false)),
      prefixes: ["model.decoder.", "decoder.", ""])
    decoder.hasNormGain = hasGain
    decoder.isPostNorm = !isPreNorm
    return decoder.plan()
  }
}
