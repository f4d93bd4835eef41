/// How much of a head's attention goes to the token just after.
///
/// The mean over queries but the last of `pattern[query, query + 1]`; undefined where no query sees
/// a later key.
///
/// Source: Clark et al. 2019, "What Does BERT Look At?".
enum NextTokenScore: ShareScore {
  static let name = "next"
  static let title = "Next-token share"
  static let formula = "mean over queries but the last of A[query, query + 1]"
  static let source = "Clark et al. 2019"
  static let evidence = Evidence.verified
  static let follows: String? = "the formula: plot labels of the notebook call it left"

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.isCausal ? "in a causal model no query sees the next token" : facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    map.frame.isCausal ? .nan : map.diagonal(-1)
  }
}
