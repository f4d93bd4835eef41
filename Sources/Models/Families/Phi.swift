/// Phi 1 and 2: layer norms, both halves side by side behind one norm, half of each head turns.
///
/// Source: transformers 5, `models/phi/modeling_phi.py`.
enum Phi: Family {
  static let modelTypes = ["phi"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(
      config, epsilon: ("layer_norm_eps", 1e-5), activation: ("hidden_act", "gelu_new"),
      rotary: .init(fraction: 0.5))
    let epsilon = try config.number("layer_norm_eps", default: 1e-5)
    shape.norm = { .layer($0, $1, epsilon: epsilon) }
    shape.norms = .parallel
    shape.finalNorm = "final_layernorm"
    shape.output = "dense"
    shape.queryKeyValueBias = true
    shape.outputBias = true
    shape.headBias = true
    if try config.flag("qk_layernorm", default: false) {
      let (norm, dHead) = (shape.norm, shape.dHead)
      shape.queryNorm = { .shared(norm("\($0).q_layernorm", dHead)) }
      shape.keyNorm = { .shared(norm("\($0).k_layernorm", dHead)) }
    }
    shape.mlp = { [shape] _, block in
      .plain(
        up: shape.linear("\(block).mlp.fc1", shape.dModel, shape.dMLP, bias: true),
        down: shape.linear("\(block).mlp.fc2", shape.dMLP, shape.dModel, bias: true),
        activation: shape.activation)
    }
    return try shape.plan()
  }
}
