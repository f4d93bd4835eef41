import Tensors

/// The estimate of activation patching from one backward pass.
enum AttributionPatchingScore: HeadScore {
  static let name = "attribution-patching"
  static let title = "Attribution patching"
  static let formula =
    "Σ (z clean − z corrupted) · ∂m/∂z corrupted / (m clean − m corrupted)"
  static let unit = "share"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Nanda 2023"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.patchingObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try Patching(input).attribution()
  }
}
