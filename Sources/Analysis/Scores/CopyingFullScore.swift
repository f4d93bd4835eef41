import Tensors

/// Whether a head raises the logits of the tokens it looks at, or lowers them.
///
/// See ``OVCopying``.
///
/// Source: Elhage et al. 2021; the values of TransformerLens' notebooks, on folded and centred weights.
enum CopyingFullScore: HeadScore {
  static let name = "copying-full"
  static let title = "OV copying, vocabulary"
  static let formula = "Re(Σλ) / Σ|λ|, λ of W_E W_V W_O W_U"
  static let unit = "1"
  static let lowest: Double? = -1
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Elhage et al. 2021"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.headWeightsObstacle ?? facts.unembeddingObstacle
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try OVCopying.table(input, .token)
  }
}
