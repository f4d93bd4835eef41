import Tensors

/// How large a head's value and output weights are: the Frobenius norm of their product, the norm before
/// attention folded in.
enum HeadNormScore: HeadScore {
  static let name = "norm"
  static let title = "Head norm"
  static let formula = "‖W_V W_O‖, Frobenius"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Elhage et al. 2021"
  static let evidence = Evidence.text
  static let needs: Set<ScoreNeed> = [.weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.headWeightsObstacle
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try input.forEachHeadWeights { SmallProducts.norm($0.value, $0.output) }
  }
}
