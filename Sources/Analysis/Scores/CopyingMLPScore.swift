import Tensors

/// As `copying-full`, of tokens as the first MLP leaves them: the variant that shows negative heads.
///
/// See ``OVCopying``.
///
/// Source: Elhage et al. 2021; the values of TransformerLens' notebooks, on folded and centred weights.
enum CopyingMLPScore: HeadScore {
  static let name = "copying-mlp0"
  static let title = "OV copying, vocabulary after the first MLP"
  static let formula = "Re(Σλ) / Σ|λ|, λ of (W_E + MLP0(W_E)) W_V W_O W_U"
  static let unit = "1"
  static let lowest: Double? = -1
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "neelnanda-io/MoverHeads"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.headWeightsObstacle ?? facts.unembeddingObstacle ?? facts.firstMLPObstacle
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try OVCopying.table(input, .withMLP)
  }
}
