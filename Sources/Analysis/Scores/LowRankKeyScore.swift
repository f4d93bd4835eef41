import Tensors

/// How few directions a head's key weights use: the share of their squared norm that lies in the three
/// largest singular values.
///
/// Source: after Lieberum et al. 2023, "Does Circuit Analysis Interpretability Scale?", who take the vectors
/// of prompts where this takes weights [R].
enum LowRankKeyScore: HeadScore {
  static let name = "low-rank-k"
  static let title = "Low rank of key weights"
  static let formula = "share of ‖W_K‖² in its three largest singular values"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Lieberum et al. 2023"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.headWeightsObstacle
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try input.forEachHeadWeights { LowRank.energy(SmallProducts.gram($0.key), top: 3) }
  }
}
