import Tensors

/// How much the mean next-token loss grows when a head's weighted values become zero, before the output
/// projection.
enum AblationLossScore: HeadScore {
  static let name = "ablation-loss"
  static let title = "Loss without the head"
  static let formula = "loss without the head − loss, z = 0 before the output projection"
  static let unit = "nats"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Michel et al. 2019, section 3"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.lossObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try LeaveOneOut.lossChanges(input) { [.zero($0)] }
  }
}
