/// StarCoder 2: Llama with layer norms, a plain MLP, and biases.
///
/// Source: transformers 5, `models/starcoder2/modeling_starcoder2.py`.
enum Starcoder2: Family {
  static let modelTypes = ["starcoder2"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(
      config, activation: ("hidden_act", "gelu_pytorch_tanh"), tied: true)
    let epsilon = try config.number("norm_epsilon", default: 1e-5)
    shape.norm = { .layer($0, $1, epsilon: epsilon) }
    let bias = try config.flag("use_bias", default: true)
    shape.queryKeyValueBias = bias
    shape.outputBias = bias
    let window = try config.optionalCount("sliding_window")
    shape.masks = try config.masks(layers: shape.layers, window: window) { _ in true }
    shape.mlp = { [shape] _, block in
      .plain(
        up: shape.linear("\(block).mlp.c_fc", shape.dModel, shape.dMLP, bias: bias),
        down: shape.linear("\(block).mlp.c_proj", shape.dMLP, shape.dModel, bias: bias),
        activation: shape.activation)
    }
    return try shape.plan()
  }
}
