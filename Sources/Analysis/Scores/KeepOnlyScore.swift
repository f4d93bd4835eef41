import Tensors

/// How much the mean next-token loss grows when a head stays as the only one of its layer.
enum KeepOnlyScore: HeadScore {
  static let name = "keep-only"
  static let title = "Loss with the head alone in its layer"
  static let formula = "loss with all other heads of the layer at z = 0 − loss"
  static let unit = "nats"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Michel et al. 2019, section 3.3"
  static let evidence = Evidence.text
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.lossObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let plan = input.plan
    return try LeaveOneOut.lossChanges(input) { kept in
      plan.heads(inLayer: kept.layer).filter { $0 != kept }.map { .zero($0) }
    }
  }
}
