import Checkpoints

/// BERT and those that share its blocks: RoBERTa, XLM-RoBERTa and ELECTRA.
///
/// Source: transformers 5, `models/bert/modeling_bert.py`, `models/roberta/modeling_roberta.py`,
/// `models/electra/modeling_electra.py`.
enum BERT: Family {
  static let modelTypes = ["bert", "roberta", "xlm-roberta", "electra"]
  static let removableTypes = modelTypes

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let sizes = try EncoderSizes(
      config, epsilon: config.number("layer_norm_eps", default: 1e-12),
      activation: config.activation("hidden_act", default: "gelu"))
    let vocabularySize = try config.count("vocab_size")
    let width = try config.count("embedding_size", default: sizes.dModel)
    let positions = try config.count("max_position_embeddings", default: 512)
    let types = try config.count("type_vocab_size", default: 2)
    try config.refuse("is_decoder", unless: .bool(false))
    try config.refuse("add_cross_attention", unless: .bool(false))
    if let kind = config.value("position_embedding_type")?.string, kind != "absolute" {
      throw ModelError.configValue(
        file: config.file, key: "position_embedding_type", found: kind, expected: "absolute")
    }
    config.disregard("tie_word_embeddings", "classifier_dropout", "summary_last_dropout")
    let isRoberta = config.modelType.hasSuffix("roberta")
    // Positions count from after the padding token's.
    let first = isRoberta ? (config.value("pad_token_id")?.int ?? 1) + 1 : 0
    let embedding = EmbeddingPlan(
      token: WeightPlan("embeddings.word_embeddings.weight", [vocabularySize, width]),
      types: WeightPlan("embeddings.token_type_embeddings.weight", [types, width]),
      position: WeightPlan("embeddings.position_embeddings.weight", [positions, width]),
      firstPosition: first,
      norm: .layer("embeddings.LayerNorm", width, epsilon: sizes.epsilon),
      outerProjection: width == sizes.dModel
        ? nil
        : LinearPlan("embeddings_project", inputs: width, stored: sizes.dModel, bias: true))
    let blocks = try (0..<config.count("num_hidden_layers")).map {
      sizes.postNormBlock(.bert("encoder.layer.\($0)"))
    }
    return ModelPlan(
      family: config.modelType, dModel: sizes.dModel, vocabularySize: vocabularySize,
      contextLength: max(1, positions - first), embedding: embedding, blocks: blocks,
      head: try head(config, sizes, vocabularySize: vocabularySize, width: width),
      prefixes: ["bert.", "roberta.", "electra.", ""],
      ignoredSuffixes: [
        "position_ids", "lm_head.decoder.bias", "lm_head.decoder.weight",
        "cls.predictions.decoder.bias", "cls.predictions.decoder.weight", "pooler.dense.weight",
        "pooler.dense.bias",
      ],
      ignoredPrefixes: ["cls.seq_relationship.", "discriminator_predictions."])
  }

  /// Masked tokens, or classes of the whole prompt.
  private static func head(
    _ config: ConfigReader, _ sizes: EncoderSizes, vocabularySize: Int, width: Int
  ) throws -> OutputPlan {
    if config.namesArchitecture(endingWith: "ForSequenceClassification") {
      let classes = try config.classCount()
      let (projection, output) =
        config.modelType == "bert"
        ? ("pooler.dense", "classifier") : ("classifier.dense", "classifier.out_proj")
      return OutputPlan(
        norm: nil, projection: sizes.square(projection),
        squash: config.modelType == "electra" ? .activation(.gelu) : .tanh,
        linear: LinearPlan(output, inputs: sizes.dModel, stored: classes, bias: true),
        reading: .first)
    }
    let names: (transform: String, norm: String, output: String, bias: String)
    switch config.modelType {
    case "bert":
      names = (
        "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
        "cls.predictions.decoder.weight", "cls.predictions.bias"
      )
    case "electra":
      names = (
        "generator_predictions.dense", "generator_predictions.LayerNorm",
        "generator_lm_head.weight", "generator_lm_head.bias"
      )
    default:
      names = ("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder.weight", "lm_head.bias")
    }
    let tied = try config.flag("tie_word_embeddings", default: true)
    return OutputPlan(
      norm: nil,
      projection: LinearPlan(names.transform, inputs: sizes.dModel, stored: width, bias: true),
      squash: .activation(config.modelType == "bert" ? sizes.activation : .gelu),
      projectionNorm: .layer(names.norm, width, epsilon: sizes.epsilon),
      linear: LinearPlan(
        weight: WeightPlan(
          tied ? "embeddings.word_embeddings.weight" : names.output, [vocabularySize, width]),
        bias: WeightPlan(names.bias, [vocabularySize])))
  }
}
