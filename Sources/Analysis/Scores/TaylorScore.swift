import Tensors

/// The first-order Taylor term of taking a head out, squared.
///
/// The definition is from memory, unchecked.
enum TaylorScore: HeadScore {
  static let name = "taylor"
  static let title = "Taylor importance"
  static let formula = "(∂ loss / ∂ gate)²"
  static let unit = "nats²"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Molchanov et al. 2019"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.gradients]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.slopeObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try input.gateImportance().taylor
  }
}
