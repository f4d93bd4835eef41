/// The share of all attention at the commonest distance: how much of a diagonal the map is.
///
/// Later keys have negative distances.
enum DiagonalScore: ShareScore {
  static let name = "diagonal"
  static let title = "Strongest diagonal"
  static let formula = "max over distances of Σ A[query, query − distance] / queries"
  static let source = "heed"
  static let evidence = Evidence.text

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    let distances = (1 - map.keys)..<map.queries
    return (distances.map { map.mass(at: $0) }.max() ?? .nan) / Double(map.queries)
  }
}
