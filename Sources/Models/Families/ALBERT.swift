import Checkpoints

/// ALBERT: blocks that share their weights, and narrow embeddings.
///
/// Source: transformers 5, `models/albert/modeling_albert.py`.
enum ALBERT: Family {
  static let modelTypes = ["albert"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let sizes = try EncoderSizes(
      config, epsilon: config.number("layer_norm_eps", default: 1e-12),
      activation: config.activation("hidden_act", default: "gelu_new"))
    let vocabularySize = try config.count("vocab_size")
    let width = try config.count("embedding_size", default: 128)
    let positions = try config.count("max_position_embeddings", default: 512)
    let types = try config.count("type_vocab_size", default: 2)
    let layers = try config.count("num_hidden_layers")
    let groups = try config.count("num_hidden_groups", default: 1)
    let inner = try config.count("inner_group_num", default: 1)
    config.disregard("tie_word_embeddings", "classifier_dropout_prob")
    let token = WeightPlan("embeddings.word_embeddings.weight", [vocabularySize, width])
    let blocks = (0..<layers).flatMap { layer in
      // The reference's own arithmetic, in floating point.
      let group = Int(Double(layer) / (Double(layers) / Double(groups)))
      return (0..<inner).map { part in
        let block = "encoder.albert_layer_groups.\(group).albert_layers.\(part)"
        return sizes.postNormBlock(
          EncoderSizes.Names(
            query: "\(block).attention.query", key: "\(block).attention.key",
            value: "\(block).attention.value", output: "\(block).attention.dense",
            attentionNorm: "\(block).attention.LayerNorm", up: "\(block).ffn",
            down: "\(block).ffn_output", mlpNorm: "\(block).full_layer_layer_norm"))
      }
    }
    let head: OutputPlan
    if config.namesArchitecture(endingWith: "ForSequenceClassification") {
      head = OutputPlan(
        norm: nil, projection: sizes.square("pooler"), squash: .tanh,
        linear: LinearPlan(
          "classifier", inputs: sizes.dModel, stored: try config.classCount(), bias: true),
        reading: .first)
    } else {
      head = OutputPlan(
        norm: nil,
        projection: LinearPlan(
          "predictions.dense", inputs: sizes.dModel, stored: width, bias: true),
        squash: .activation(sizes.activation),
        projectionNorm: .layer("predictions.LayerNorm", width, epsilon: sizes.epsilon),
        linear: LinearPlan(
          weight: token, bias: WeightPlan("predictions.bias", [vocabularySize])))
    }
    return ModelPlan(
      family: config.modelType, dModel: sizes.dModel, vocabularySize: vocabularySize,
      contextLength: positions,
      embedding: EmbeddingPlan(
        token: token,
        types: WeightPlan("embeddings.token_type_embeddings.weight", [types, width]),
        position: WeightPlan("embeddings.position_embeddings.weight", [positions, width]),
        norm: .layer("embeddings.LayerNorm", width, epsilon: sizes.epsilon),
        outerProjection: LinearPlan(
          "encoder.embedding_hidden_mapping_in", inputs: width, stored: sizes.dModel, bias: true)),
      blocks: blocks, head: head, prefixes: ["albert.", ""],
      ignoredSuffixes: [
        "position_ids", "predictions.decoder.weight", "predictions.decoder.bias", "pooler.weight",
        "pooler.bias",
      ],
      ignoredPrefixes: ["sop_classifier."])
  }
}
