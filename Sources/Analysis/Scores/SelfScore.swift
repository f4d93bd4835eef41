/// How much of a head's attention stays at the query's own token.
///
/// The mean over queries of `pattern[query, query]`.
///
/// Source: Clark et al. 2019, "What Does BERT Look At?".
enum SelfScore: ShareScore {
  static let name = "self"
  static let title = "Self share"
  static let formula = "mean over queries of A[query, query]"
  static let source = "Clark et al. 2019"
  static let evidence = Evidence.verified

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    map.diagonal(0)
  }
}
