import Tensors

/// The sizes that all blocks of an encoder share, and the block that most of them have.
struct EncoderSizes {
  let dModel, heads, dMLP: Int
  let epsilon: Double
  let activation: Activation

  var dHead: Int { dModel / heads }

  /// - Throws: `ModelError.configValue` where heads do not divide the width.
  init(
    _ config: ConfigReader, dModel: String = "hidden_size", heads: String = "num_attention_heads",
    dMLP: Int? = nil, epsilon: Double, activation: Activation
  ) throws {
    self.dModel = try config.count(dModel)
    self.heads = try config.count(heads)
    self.dMLP = try dMLP ?? config.count("intermediate_size")
    self.epsilon = epsilon
    self.activation = activation
    guard self.dModel % self.heads == 0 else {
      throw ModelError.configValue(
        file: config.file, key: heads, found: "\(self.heads)",
        expected: "a divisor of \(self.dModel)")
    }
  }

  /// Where the parts of a block lie.
  struct Names {
    let query, key, value, output, attentionNorm, up, down, mlpNorm: String

    /// BERT's names below `block`.
    static func bert(_ block: String) -> Names {
      Names(
        query: "\(block).attention.self.query", key: "\(block).attention.self.key",
        value: "\(block).attention.self.value", output: "\(block).attention.output.dense",
        attentionNorm: "\(block).attention.output.LayerNorm", up: "\(block).intermediate.dense",
        down: "\(block).output.dense", mlpNorm: "\(block).output.LayerNorm")
    }

    /// CLIP's names below `block`.
    static func clip(_ block: String) -> Names {
      Names(
        query: "\(block).self_attn.q_proj", key: "\(block).self_attn.k_proj",
        value: "\(block).self_attn.v_proj", output: "\(block).self_attn.out_proj",
        attentionNorm: "\(block).layer_norm1", up: "\(block).mlp.fc1", down: "\(block).mlp.fc2",
        mlpNorm: "\(block).layer_norm2")
    }
  }

  /// A norm as wide as the residual stream.
  func norm(_ name: String) -> NormPlan { .layer(name, dModel, epsilon: epsilon) }

  /// A layer from and to the residual stream's width.
  func square(_ name: String, bias: Bool = true) -> LinearPlan {
    LinearPlan(name, inputs: dModel, stored: dModel, bias: bias)
  }

  /// Full attention of all heads.
  func attention(
    _ names: Names, mask: MaskPlan = .bidirectional, position: PositionPlan = .none,
    scale: Double? = nil, bias: Bool = true, keyBias: Bool? = nil
  ) -> AttentionPlan {
    AttentionPlan(
      heads: heads, kvHeads: heads, dHead: dHead, scale: scale ?? 1 / Double(dHead).squareRoot(),
      query: square(names.query, bias: bias), key: square(names.key, bias: keyBias ?? bias),
      value: square(names.value, bias: bias), output: square(names.output), position: position,
      mask: mask)
  }

  /// An MLP of two layers.
  func mlp(_ names: Names, dMLP: Int? = nil) -> MLPPlan {
    let width = dMLP ?? self.dMLP
    return .plain(
      up: LinearPlan(names.up, inputs: dModel, stored: width, bias: true),
      down: LinearPlan(names.down, inputs: width, stored: dModel, bias: true),
      activation: activation)
  }

  /// A block whose norms stand after each half, as in BERT.
  func postNormBlock(_ names: Names, attention: AttentionPlan? = nil) -> BlockPlan {
    BlockPlan(
      attentionNorms: NormPlacement(stream: norm(names.attentionNorm)),
      attention: attention ?? self.attention(names),
      mlpNorms: NormPlacement(stream: norm(names.mlpNorm)), mlp: mlp(names))
  }

  /// A block whose norms stand before each half, as in ViT.
  func preNormBlock(_ names: Names, attention: AttentionPlan? = nil) -> BlockPlan {
    BlockPlan(
      attentionNorms: NormPlacement(input: norm(names.attentionNorm)),
      attention: attention ?? self.attention(names),
      mlpNorms: NormPlacement(input: norm(names.mlpNorm)), mlp: mlp(names))
  }
}

extension ConfigReader {
  /// How many classes the checkpoint tells apart: `num_labels`, or as many as have names; 2 by default.
  func classCount() throws(ModelError) -> Int {
    if let names = value("id2label")?.object { return max(1, names.count) }
    return try count("num_labels", default: 2)
  }
}
