/// How much of a head's attention goes to the token just before.
///
/// The mean over queries 1… of `pattern[query, query − 1]`; undefined for a prompt of one token.
///
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; the first
/// diagonal of TransformerLens' notebooks.
enum PreviousTokenScore: ShareScore {
  static let name = "previous"
  static let title = "Previous-token share"
  static let formula = "mean over queries from 1 of A[query, query − 1]"
  static let source = "Elhage et al. 2021"
  static let evidence = Evidence.verified

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    map.diagonal(1)
  }
}
