/// How confident a head is: the mean over queries of the largest weight.
///
/// Source: Voita et al. 2019, "Analyzing Multi-Head Self-Attention", who leave the EOS position
/// out; here every query counts.
enum MaximumScore: ShareScore {
  static let name = "max"
  static let title = "Maximum weight"
  static let formula = "mean over queries of max A[query, ·]"
  static let source = "Voita et al. 2019"
  static let evidence = Evidence.verified

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return map.rows.reduce(0) { $0 + $1.maximum } / Double(map.queries)
  }
}
