import Tensors

/// What gradients say about a head over a prompt, each layer scaled to an ℓ2 norm of one, then all to 0...1.
enum BertologyScore: HeadScore {
  static let name = "bertology"
  static let title = "Importance after run_bertology"
  static let formula = "|∂ loss / ∂ gate|, ℓ2 norm of a layer one, then min–max over all heads"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "transformers, run_bertology.py"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.gradients]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.slopeObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try input.gateImportance().bertology
  }
}
