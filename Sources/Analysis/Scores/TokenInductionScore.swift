import Tensors

/// Whether a head looks at the first token of a word that is about to be repeated.
///
/// See ``DualRoute``.
///
/// Source: Feucht et al. 2025, "The Dual-Route Model of Induction".
enum TokenInductionScore: HeadScore {
  static let name = "token-induction"
  static let title = "Token induction"
  static let formula =
    "value-weighted share of the last query on the token after an earlier r1, r1 E r2 r1"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Feucht et al. 2025"
  static let evidence = Evidence.verified
  static let follows: String? =
    "the paper: value norms of the right heads, which the code shuffles for Pythia"
  static let needs: Set<ScoreNeed> = [.probe]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    DualRoute.obstacle(facts)
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try DualRoute.tables(input).token
  }
}
