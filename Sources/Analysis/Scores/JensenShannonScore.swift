import Tensors

/// How far the output moves without a head: the Jensen–Shannon divergence of the two distributions, the mean
/// over positions.
///
/// The definition of visual analytics, from memory, unchecked.
enum JensenShannonScore: HeadScore {
  static let name = "js"
  static let title = "Output divergence without the head"
  static let formula = "mean over positions of JS(p, p without the head)"
  static let unit = "nats"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 0.6931471805599453 }
  static let source = "Li et al. 2023, \"How Does Attention Work in Vision Transformers?\""
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.outputObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try LeaveOneOut.outputChanges(input) { $0.divergence }
  }
}
