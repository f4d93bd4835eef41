import Checkpoints

/// DistilBERT: BERT's blocks under other names, without token types.
///
/// Source: transformers 5, `models/distilbert/modeling_distilbert.py`.
enum DistilBERT: Family {
  static let modelTypes = ["distilbert"]
  static let removableTypes = modelTypes

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let sizes = try EncoderSizes(
      config, dModel: "dim", heads: "n_heads", dMLP: config.count("hidden_dim"), epsilon: 1e-12,
      activation: config.activation("activation", default: "gelu"))
    let vocabularySize = try config.count("vocab_size")
    let positions = try config.count("max_position_embeddings", default: 512)
    config.disregard("sinusoidal_pos_embds", "tie_word_embeddings")
    let blocks = try (0..<config.count("n_layers")).map { layer in
      let block = "transformer.layer.\(layer)"
      return sizes.postNormBlock(
        EncoderSizes.Names(
          query: "\(block).attention.q_lin", key: "\(block).attention.k_lin",
          value: "\(block).attention.v_lin", output: "\(block).attention.out_lin",
          attentionNorm: "\(block).sa_layer_norm", up: "\(block).ffn.lin1",
          down: "\(block).ffn.lin2", mlpNorm: "\(block).output_layer_norm"))
    }
    let token = WeightPlan("embeddings.word_embeddings.weight", [vocabularySize, sizes.dModel])
    let head: OutputPlan
    if config.namesArchitecture(endingWith: "ForSequenceClassification") {
      head = OutputPlan(
        norm: nil, projection: sizes.square("pre_classifier"), squash: .activation(.relu),
        linear: LinearPlan(
          "classifier", inputs: sizes.dModel, stored: try config.classCount(), bias: true),
        reading: .first)
    } else {
      let tied = try config.flag("tie_word_embeddings", default: true)
      head = OutputPlan(
        norm: nil, projection: sizes.square("vocab_transform"),
        squash: .activation(sizes.activation), projectionNorm: sizes.norm("vocab_layer_norm"),
        linear: LinearPlan(
          weight: tied ? token : WeightPlan("vocab_projector.weight", token.shape),
          bias: WeightPlan("vocab_projector.bias", [vocabularySize])))
    }
    return ModelPlan(
      family: config.modelType, dModel: sizes.dModel, vocabularySize: vocabularySize,
      contextLength: positions,
      embedding: EmbeddingPlan(
        token: token,
        position: WeightPlan("embeddings.position_embeddings.weight", [positions, sizes.dModel]),
        norm: sizes.norm("embeddings.LayerNorm")),
      blocks: blocks, head: head, prefixes: ["distilbert.", ""],
      ignoredSuffixes: ["position_ids", "vocab_projector.weight"])
  }
}
