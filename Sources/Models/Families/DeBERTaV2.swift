import Checkpoints

/// DeBERTa of the second and third version: disentangled attention.
///
/// Source: transformers 5, `models/deberta_v2/modeling_deberta_v2.py`; He et al. 2020.
enum DeBERTaV2: Family {
  static let modelTypes = ["deberta-v2"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    let sizes = try EncoderSizes(
      config, epsilon: config.number("layer_norm_eps", default: 1e-7),
      activation: config.activation("hidden_act", default: "gelu"))
    let vocabularySize = try config.count("vocab_size")
    let positions = try config.count("max_position_embeddings", default: 512)
    let types = config.value("type_vocab_size")?.int ?? 0
    let isBiased = try config.flag("position_biased_input", default: true)
    try config.refuse("embedding_size", unless: .int(sizes.dModel))
    try config.refuse("conv_kernel_size", unless: .int(0))
    config.disregard("legacy", "pooler_hidden_act", "pooler_hidden_size", "tie_word_embeddings")
    let relative = try relative(config, sizes, positions: positions)
    let parts = relative.map { 1 + ($0.key == nil ? 0 : 1) + ($0.query == nil ? 0 : 1) } ?? 1
    let token = WeightPlan("embeddings.word_embeddings.weight", [vocabularySize, sizes.dModel])
    let blocks = try (0..<config.count("num_hidden_layers")).map { layer in
      let block = "encoder.layer.\(layer)"
      var names = EncoderSizes.Names.bert(block)
      names = EncoderSizes.Names(
        query: "\(block).attention.self.query_proj", key: "\(block).attention.self.key_proj",
        value: "\(block).attention.self.value_proj", output: names.output,
        attentionNorm: names.attentionNorm, up: names.up, down: names.down,
        mlpNorm: names.mlpNorm)
      let scale = 1 / Double(sizes.dHead * parts).squareRoot()
      let position = relative.map { plan in
        PositionPlan.disentangled(
          DisentangledPlan(
            table: plan.table, norm: plan.norm,
            key: plan.key.map { sizes.square("\(block).attention.self.\($0)") },
            query: plan.query.map { sizes.square("\(block).attention.self.\($0)") }, scale: scale,
            buckets: plan.buckets, farthest: plan.farthest))
      }
      return sizes.postNormBlock(
        names, attention: sizes.attention(names, position: position ?? .none, scale: scale))
    }
    return ModelPlan(
      family: config.modelType, dModel: sizes.dModel, vocabularySize: vocabularySize,
      contextLength: positions,
      embedding: EmbeddingPlan(
        token: token,
        types: types > 0
          ? WeightPlan("embeddings.token_type_embeddings.weight", [types, sizes.dModel]) : nil,
        position: isBiased
          ? WeightPlan("embeddings.position_embeddings.weight", [positions, sizes.dModel]) : nil,
        norm: sizes.norm("embeddings.LayerNorm")),
      blocks: blocks, head: try head(config, sizes, token), prefixes: ["deberta.", ""],
      ignoredSuffixes: [
        "position_ids", "cls.predictions.decoder.bias", "cls.predictions.decoder.weight",
        "pooler.dense.weight", "pooler.dense.bias", "rel_embeddings.weight",
      ],
      ignoredPrefixes: [
        "lm_predictions.", "mask_predictions.", "deberta.embeddings.position_embeddings.",
      ])
  }

  /// What layers share of their positions.
  private struct Relative {
    let table: WeightPlan
    let norm: NormPlan?
    /// Names of the projections; nil for parts that are left out.
    let key, query: String?
    let buckets: Int?
    let farthest: Int
  }

  private static func relative(
    _ config: ConfigReader, _ sizes: EncoderSizes, positions: Int
  ) throws -> Relative? {
    guard try config.flag("relative_attention", default: false) else { return nil }
    let buckets = config.value("position_buckets")?.int ?? -1
    var farthest = config.value("max_relative_positions")?.int ?? -1
    if farthest < 1 { farthest = positions }
    let span = buckets > 0 ? buckets : farthest
    let shared = try config.flag("share_att_key", default: false)
    let kinds =
      config.value("pos_att_type")?.array?.compactMap(\.string)
      ?? (config.value("pos_att_type")?.string ?? "").split(separator: "|").map(String.init)
    if let unknown = kinds.first(where: { $0 != "c2p" && $0 != "p2c" }) {
      throw ModelError.configValue(
        file: config.file, key: "pos_att_type", found: unknown, expected: "c2p or p2c")
    }
    let norms = config.value("norm_rel_ebd")?.string ?? "none"
    return Relative(
      table: WeightPlan("encoder.rel_embeddings.weight", [2 * span, sizes.dModel]),
      norm: norms.contains("layer_norm") ? sizes.norm("encoder.LayerNorm") : nil,
      key: kinds.contains("c2p") ? (shared ? "key_proj" : "pos_key_proj") : nil,
      query: kinds.contains("p2c") ? (shared ? "query_proj" : "pos_query_proj") : nil,
      buckets: buckets > 0 ? buckets : nil, farthest: farthest)
  }

  private static func head(
    _ config: ConfigReader, _ sizes: EncoderSizes, _ token: WeightPlan
  ) throws -> OutputPlan {
    if config.namesArchitecture(endingWith: "ForSequenceClassification") {
      return OutputPlan(
        norm: nil, projection: sizes.square("pooler.dense"), squash: .activation(.gelu),
        linear: LinearPlan(
          "classifier", inputs: sizes.dModel, stored: try config.classCount(), bias: true),
        reading: .first)
    }
    return OutputPlan(
      norm: nil, projection: sizes.square("cls.predictions.transform.dense"),
      squash: .activation(sizes.activation),
      projectionNorm: sizes.norm("cls.predictions.transform.LayerNorm"),
      linear: LinearPlan(
        weight: token, bias: WeightPlan("cls.predictions.bias", [token.shape[0]])))
  }
}
