/// How far a head looks.
///
/// The mean over queries of Σ A[query, key] · |query − key|, in tokens.
enum DistanceScore: MapScore {
  static let name = "distance"
  static let title = "Mean distance"
  static let formula = "mean over queries of Σ A[query, key] · |query − key|"
  static let unit = "tokens"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { Double(max(0, seq - 1)) }
  static let source = "Clark et al. 2019"
  static let evidence = Evidence.verified

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return map.rows.reduce(0) { $0 + $1.distance } / Double(map.queries)
  }
}
