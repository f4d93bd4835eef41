/// Cohere's Command R: layer norms without bias, both halves side by side, pairs of neighbours turn.
///
/// Source: transformers 5, `models/cohere/modeling_cohere.py`.
enum Cohere: Family {
  static let modelTypes = ["cohere"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config, tied: true, rotary: nil)
    let epsilon = try config.number("layer_norm_eps", default: 1e-5)
    shape.norm = { .layer($0, $1, epsilon: epsilon, bias: false) }
    shape.norms = .parallel
    // Command R was trained further than its max_position_embeddings.
    shape.contextLength = try config.optionalCount("model_max_length") ?? shape.contextLength
    shape.queryKeyValueBias = try config.flag("attention_bias", default: false)
    shape.outputBias = shape.queryKeyValueBias
    shape.logitScale = try config.number("logit_scale", default: 0.0625)
    let rotary = PositionPlan.rotary(
      try config.rotary(width: shape.dHead, pairing: .neighbours, defaults: .init(theta: 500_000)))
    shape.position = { _ in rotary }
    if try config.flag("use_qk_norm", default: false) {
      let dHead = shape.dHead
      /// One row of the stored gain for each head.
      func separate(_ name: String, _ heads: Int) -> HeadNormPlan {
        .separate(
          (0..<heads).map { head in
            NormPlan(
              .layer, gain: WeightPlan("\(name).weight", [heads, dHead], part: head),
              epsilon: epsilon)
          })
      }
      shape.queryNorm = { [heads = shape.heads] in separate("\($0).q_norm", heads) }
      shape.keyNorm = { [kvHeads = shape.kvHeads] in separate("\($0).k_norm", kvHeads) }
    }
    return try shape.plan()
  }
}
