import Tensors

/// What gradients say about a head token by token, each layer scaled to an ℓ2 norm of one.
enum MichelScore: HeadScore {
  static let name = "michel"
  static let title = "Importance after Michel"
  static let formula = "Σ_t |⟨z_t, ∂L/∂z_t⟩| / tokens, ℓ2 norm of a layer one"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Michel et al. 2019"
  static let evidence = Evidence.verified
  static let follows: String? =
    "code: absolute values per token, where the paper has one per example"
  static let needs: Set<ScoreNeed> = [.gradients]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.slopeObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try input.gateImportance().michel
  }
}
