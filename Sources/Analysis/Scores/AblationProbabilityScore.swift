import Tensors

/// How much the probability of the next token grows without a head;
/// the mean over positions, negative where the head helps.
///
/// The probability change of visual analytics, on next tokens instead of classes [R]: from memory, unchecked.
enum AblationProbabilityScore: HeadScore {
  static let name = "ablation-probability"
  static let title = "Probability without the head"
  static let formula = "probability of the next token, without the head − with it"
  static let unit = "share"
  static let lowest: Double? = -1
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Li et al. 2023, \"How Does Attention Work in Vision Transformers?\""
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.lossObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try LeaveOneOut.outputChanges(input) { $0.probability }
  }
}
