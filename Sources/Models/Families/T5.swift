import Checkpoints
import Tensors

/// T5: relative position buckets instead of positions, scores that are not scaled, norms without means.
///
/// Source: transformers 5, `models/t5/modeling_t5.py`; Raffel et al. 2019.
enum T5: Family {
  static let modelTypes = ["t5", "mt5"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let stack = try Stack(config)
    let layers = try config.count("num_layers")
    let encoder = try stack.plan("encoder", layers: layers)
    let decoder = try config.count("num_decoder_layers", default: layers)
    try config.refuse("is_encoder_decoder", unless: .bool(true))
    return try stack.plan(
      "decoder", layers: decoder, reading: encoder,
      start: config.value("decoder_start_token_id")?.int ?? 0)
  }

  /// What both stacks share.
  private struct Stack {
    let config: ConfigReader
    let dModel, heads, dHead, dMLP, vocabularySize, buckets, farthest: Int
    let epsilon: Double
    let activation: Activation
    let isGated, isScaled: Bool

    init(_ config: ConfigReader) throws {
      self.config = config
      dModel = try config.count("d_model")
      heads = try config.count("num_heads")
      dHead = try config.count("d_kv")
      dMLP = try config.count("d_ff")
      vocabularySize = try config.count("vocab_size")
      buckets = try config.count("relative_attention_num_buckets", default: 32)
      farthest = try config.count("relative_attention_max_distance", default: 128)
      epsilon = try config.number("layer_norm_epsilon", default: 1e-6)
      // A checkpoint of its own head is not scaled; transformers 5 says so by itself.
      let isTied = try config.flag("tie_word_embeddings", default: true)
      isScaled = try config.flag("scale_decoder_outputs", default: isTied)
      let projection = config.value("feed_forward_proj")?.string ?? "relu"
      isGated = projection.hasPrefix("gated-")
      _ = config.value("is_gated_act")
      // "gated-gelu" has always meant the approximation.
      let implied =
        projection == "gated-gelu"
        ? "gelu_new" : String(projection.split(separator: "-").last ?? "")
      activation = try config.activation("dense_act_fn", default: implied)
      config.disregard("n_positions", "is_encoder_decoder", "output_past", "classifier_dropout")
    }

    func norm(_ name: String) -> NormPlan { .rms(name, dModel, epsilon: epsilon) }

    func attention(_ name: String, position: PositionPlan, mask: MaskPlan) -> AttentionPlan {
      func inner(_ part: String) -> LinearPlan {
        LinearPlan("\(name).\(part)", inputs: dModel, stored: heads * dHead, bias: false)
      }
      return AttentionPlan(
        heads: heads, kvHeads: heads, dHead: dHead, scale: 1, query: inner("q"), key: inner("k"),
        value: inner("v"),
        output: LinearPlan("\(name).o", inputs: heads * dHead, stored: dModel, bias: false),
        position: position, mask: mask)
    }

    func mlp(_ name: String) -> MLPPlan {
      func linear(_ part: String, _ inputs: Int, _ outputs: Int) -> LinearPlan {
        LinearPlan("\(name).\(part)", inputs: inputs, stored: outputs, bias: false)
      }
      let down = linear("wo", dMLP, dModel)
      return isGated
        ? .gated(
          gate: linear("wi_0", dModel, dMLP), up: linear("wi_1", dModel, dMLP), down: down,
          activation: activation)
        : .plain(up: linear("wi", dModel, dMLP), down: down, activation: activation)
    }

    func plan(
      _ name: String, layers: Int, reading encoder: ModelPlan? = nil, start: Int = 0
    ) throws -> ModelPlan {
      let isDecoder = encoder != nil
      // The first layer's table is every layer's.
      let position = PositionPlan.buckets(
        BucketPlan(
          table: WeightPlan(
            "\(name).block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            [buckets, heads]), isBidirectional: !isDecoder, farthest: farthest))
      let blocks = (0..<layers).map { layer in
        let block = "\(name).block.\(layer).layer"
        let last = isDecoder ? 2 : 1
        let cross = CrossPlan(
          norms: NormPlacement(input: norm("\(block).1.layer_norm")),
          attention: attention("\(block).1.EncDecAttention", position: .none, mask: .bidirectional))
        return BlockPlan(
          attentionNorms: NormPlacement(input: norm("\(block).0.layer_norm")),
          attention: attention(
            "\(block).0.SelfAttention", position: position,
            mask: isDecoder ? .causal : .bidirectional),
          cross: isDecoder ? cross : nil,
          mlpNorms: NormPlacement(input: norm("\(block).\(last).layer_norm")),
          mlp: mlp("\(block).\(last).DenseReluDense"))
      }
      return ModelPlan(
        family: config.modelType, dModel: dModel, vocabularySize: vocabularySize,
        contextLength: 1 << 20,
        embedding: EmbeddingPlan(token: WeightPlan("shared.weight", [vocabularySize, dModel])),
        blocks: blocks,
        head: OutputPlan(
          norm: norm("\(name).final_layer_norm"),
          linear: LinearPlan("lm_head", inputs: dModel, stored: vocabularySize, bias: false),
          scale: isScaled ? 1 / Double(dModel).squareRoot() : 1),
        encoder: encoder.map { .attended($0, start: start) }, prefixes: [""],
        ignoredSuffixes: [
          "embed_tokens.weight", "EncDecAttention.relative_attention_bias.weight",
        ], fallbacks: ["lm_head.weight": "shared.weight"])
    }
  }
}
