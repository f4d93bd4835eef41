import Tensors

/// How far the first token's final vector ([CLS]) turns when a head's weighted values become zero.
///
/// One of the importance metrics of the vision analytics of Li et al.; `js` and `ablation-probability` are
/// others, of the classes that a vision model names.
enum FeatureChangeScore: HeadScore {
  static let name = "cls-change"
  static let title = "Turn of [CLS] without the head"
  static let formula = "1 − cos(final [CLS] without the head, final [CLS])"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 2 }
  static let source = "after Li et al. 2023, How Does Attention Work in Vision Transformers?"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.outputIsCausal
      ? "the first token sees nothing else, so that no head changes what it gathers"
      : facts.rerunObstacle
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let (whole, always) = try input.sweepBase()
    let changes = try input.model.featureChanges(
      of: input.plan.allHeads.map { always + [.zero($0)] }, in: input.stream, from: always,
      base: whole, onProgress: input.onProgress)
    return input.table(changes)
  }
}
