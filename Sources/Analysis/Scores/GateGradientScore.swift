import Tensors

/// The derivative of the mean next-token loss by a gate on a head: a factor on its weighted values.
///
/// Signed: negative where opening the gate further would lower the loss.
enum GateGradientScore: HeadScore {
  static let name = "gate-gradient"
  static let title = "Gate gradient"
  static let formula = "∂ loss / ∂ gate, signed, gate a factor on z"
  static let unit = "nats"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Michel et al. 2019, equation 2"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.gradients]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.slopeObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try input.gateImportance().gateGradient
  }
}
