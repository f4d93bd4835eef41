import Tensors

/// How much the share of next tokens that are the most probable ones grows without a head; the mean over
/// positions, negative where the head helps.
enum AblationAccuracyScore: HeadScore {
  static let name = "ablation-accuracy"
  static let title = "Accuracy without the head"
  static let formula =
    "share of next tokens that are the most probable ones, without the head − with it"
  static let unit = "share"
  static let lowest: Double? = -1
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Michel et al. 2019"
  static let evidence = Evidence.secondary
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.lossObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try LeaveOneOut.outputChanges(input) { $0.accuracy }
  }
}
