import Tensors

/// Whether a head writes into the residual stream what it reads there, or its opposite.
///
/// See ``OVCopying``.
///
/// Source: Elhage et al. 2021; the values of TransformerLens' notebooks, on folded and centred weights.
enum CopyingResidualScore: HeadScore {
  static let name = "copying-resid"
  static let title = "OV copying, residual"
  static let formula = "Re(Σλ) / Σ|λ|, λ of W_V W_O"
  static let unit = "1"
  static let lowest: Double? = -1
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Elhage et al. 2021"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.headWeightsObstacle
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try OVCopying.table(input, nil)
  }
}
