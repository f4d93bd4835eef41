import Checkpoints

extension Model {
  /// The plan of a checkpoint, what was read for it, and a line about what the checkpoint and its
  /// configuration disagree on.
  static func plan(
    _ checkpoint: Checkpoint, family name: String?
  ) throws -> (ModelPlan, ConfigReader, [String]) {
    let (type, family) = try family(checkpoint, named: name)
    let config = ConfigReader(
      file: checkpoint.configFile, modelType: type, config: checkpoint.config)
    let plan = try family.plan(config)
    // A vocabulary that was widened after the configuration was written, or padded: the embedding counts.
    guard let rows = embeddingRows(checkpoint, plan), rows != plan.vocabularySize else {
      return (plan, config, [])
    }
    let other = ConfigReader(
      file: checkpoint.configFile, modelType: type, config: checkpoint.config,
      overrides: ["vocab_size": .int(rows)])
    return (
      try family.plan(other), other,
      [
        "vocab_size is \(plan.vocabularySize), the token embedding has \(rows) rows: the embedding"
          + " counts"
      ]
    )
  }

  private static func family(
    _ checkpoint: Checkpoint, named name: String?
  ) throws(ModelError) -> (String, any Family.Type) {
    if let name {
      guard let family = Families.named(name) else {
        throw .familyUnknown(name, known: Families.modelTypes)
      }
      return (name, family)
    }
    guard let type = checkpoint.config["model_type"]?.string else {
      throw .modelTypeMissing(file: checkpoint.configFile)
    }
    guard let family = Families.named(type) else {
      throw .modelTypeUnknown(
        file: checkpoint.configFile, found: type, known: Families.modelTypes)
    }
    return (type, family)
  }

  /// The rows of the stored token embedding; nil without one, or of another width.
  private static func embeddingRows(_ checkpoint: Checkpoint, _ plan: ModelPlan) -> Int? {
    guard let token = plan.embedding.token else { return nil }
    let stored = (plan.prefixes + [""]).lazy
      .compactMap { checkpoint.tensors[$0 + token.name] }.first
    guard let stored, stored.shape.count == 2, stored.shape[1] == token.shape[1] else { return nil }
    return stored.shape[0] > 0 ? stored.shape[0] : nil
  }
}
