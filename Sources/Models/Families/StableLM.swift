/// StableLM: Llama with layer norms of which a quarter of each head turns, some with norms of each head's
/// own, some with both halves side by side.
///
/// Source: transformers 5, `models/stablelm/modeling_stablelm.py`.
enum StableLM: Family {
  static let modelTypes = ["stablelm"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(
      config, epsilon: ("layer_norm_eps", 1e-5), rotary: .init(fraction: 0.25))
    let epsilon = try config.number("layer_norm_eps", default: 1e-5)
    shape.norm = { .layer($0, $1, epsilon: epsilon) }
    shape.queryKeyValueBias = try config.flag("use_qkv_bias", default: false)
    if try config.flag("use_parallel_residual", default: false) { shape.norms = .parallel }
    if try config.flag("qk_layernorm", default: false) {
      let (heads, kvHeads, dHead) = (shape.heads, shape.kvHeads, shape.dHead)
      func separate(_ name: String, _ heads: Int) -> HeadNormPlan {
        .separate(
          (0..<heads).map {
            .layer("\(name).norms.\($0)", dHead, epsilon: epsilon, bias: false)
          })
      }
      shape.queryNorm = { separate("\($0).q_layernorm", heads) }
      shape.keyNorm = { separate("\($0).k_layernorm", kvHeads) }
    }
    return try shape.plan()
  }
}
