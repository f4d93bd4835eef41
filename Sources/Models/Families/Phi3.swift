/// Phi 3 and 4: Llama with fused projections, and LongRoPE for long contexts.
///
/// Source: transformers 5, `models/phi3/modeling_phi3.py`.
enum Phi3: Family {
  static let modelTypes = ["phi3"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(
      config, epsilon: ("rms_norm_eps", 1e-5),
      rotary: .init(aliases: ["su": "longrope", "yarn": "longrope"]))
    shape.contextLength = try config.count("max_position_embeddings", default: 4096)
    config.ignore(["original_max_position_embeddings"])
    let window = try config.optionalCount("sliding_window")
    shape.masks = try config.masks(layers: shape.layers, window: window) { _ in true }
    shape.attention = { [shape] layer, name in
      let (own, shared) = (shape.heads * shape.dHead, shape.kvHeads * shape.dHead)
      func part(_ start: Int, _ count: Int) -> LinearPlan {
        shape.linear(
          "\(name).qkv_proj", shape.dModel, own + 2 * shared, Outputs(start..<start + count))
      }
      return shape.attention(
        layer, name, query: part(0, own), key: part(own, shared), value: part(own + shared, shared))
    }
    shape.mlp = { [shape] _, block in
      let (name, width) = ("\(block).mlp", shape.dMLP)
      func part(_ outputs: Range<Int>) -> LinearPlan {
        shape.linear("\(name).gate_up_proj", shape.dModel, 2 * width, Outputs(outputs))
      }
      return .gated(
        gate: part(0..<width), up: part(width..<2 * width),
        down: shape.linear("\(name).down_proj", width, shape.dModel), activation: shape.activation)
    }
    return try shape.plan()
  }
}
