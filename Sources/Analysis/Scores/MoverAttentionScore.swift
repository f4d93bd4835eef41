/// How much a head looks at earlier occurrences of the token that really comes next, where it does
/// so most.
///
/// Over the queries but the last, the 0.9-quantile of the weight on keys that hold the next token;
/// linear between neighbours, as NumPy's.
///
/// Source: neelnanda-io/MoverHeads, `produce_token_metric_df.py`.
enum MoverAttentionScore: ShareScore {
  static let name = "mover-attention"
  static let title = "Mover attention"
  static let formula = "0.9-quantile over queries of Σ A on earlier tokens equal to the next"
  static let source = "neelnanda-io/MoverHeads"
  static let evidence = Evidence.verified

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 1, !map.frame.ids.isEmpty else { return .nan }
    return Statistics.quantile(Array(map.nextToken.dropLast()), 0.9)
  }
}
