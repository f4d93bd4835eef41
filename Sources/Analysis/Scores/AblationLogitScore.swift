import Tensors

/// How much the logit of the next token grows without a head; the mean over
/// positions, negative where the head helps.
enum AblationLogitScore: HeadScore {
  static let name = "ablation-logit"
  static let title = "Logit without the head"
  static let formula = "logit of the next token, without the head − with it"
  static let unit = "logits"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Michel et al. 2019"
  static let evidence = Evidence.secondary
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.lossObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try LeaveOneOut.outputChanges(input) { $0.logit }
  }
}
