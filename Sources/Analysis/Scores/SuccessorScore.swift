import Tensors

/// How reliably a head's weights step from a day, month, number or letter to the next.
///
/// See ``Successor``; classes come with heed, more from a file.
///
/// Source: Gould et al. 2023, "Successor Heads"; curt-tigges/circuits-over-time.
enum SuccessorScore: HeadScore {
  static let name = "successor"
  static let title = "Successor"
  static let formula = "share of ordered tokens for which W_U W_V W_O MLP0(W_E) prefers the next"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Gould et al. 2023"
  static let evidence = Evidence.verified
  static let follows: String? =
    "the code: the output of the first MLP alone enters, and W_V without its norm"
  static let needs: Set<ScoreNeed> = [.weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.headWeightsObstacle ?? facts.unembeddingObstacle ?? facts.firstMLPObstacle
      ?? (facts.hasOrdinals
        ? nil : "no ordered words with one token each; give classes of ids with --ordinals FILE")
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try Successor.table(input, classes: input.options.ordinals) ?? input.undefined
  }
}
