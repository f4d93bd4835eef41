import Tensors

/// What a head adds directly to the logit of the token that comes next.
///
/// The mean over all tokens but the last, or of the wanted token less another after the last one; the
/// final norm's scale is that of the full run. See ``DirectAttribution``.
///
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; TransformerLens.
enum DirectAttributionScore: HeadScore {
  static let name = "dla"
  static let title = "Direct logit attribution"
  static let formula = "mean over tokens of (z W_O / s) · W_U[next token], s the final norm's scale"
  static let unit = "logits"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Elhage et al. 2021"
  static let evidence = Evidence.verified
  static let follows: String? =
    "value biases belong to no head, as in TransformerLens; W_U is not centred over tokens"
  static let needs: Set<ScoreNeed> = [.maps, .residuals, .weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.unembeddingObstacle ?? facts.targetObstacle
      ?? (facts.plan.blocks.contains { $0.attentionNorms.output != nil }
        ? "norms stand between heads and the residual stream" : nil)
      ?? (facts.hasTarget ? nil : facts.needsTokens(2))
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let trace = try input.trace()
    let ids = trace.prompt.ids
    let targets =
      input.options.target.map {
        [DirectAttribution.Target(position: ids.count - 1, id: $0.id, against: $0.against)]
      } ?? DirectAttribution.nextTokens(ids)
    return try DirectAttribution.table(
      input.model, trace, targets, onProgress: input.onProgress) ?? input.undefined
  }
}
