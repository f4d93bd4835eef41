/// The share of all attention that the most attended key receives: how much of a vertical stripe
/// the map is.
///
/// Unlike α it counts all queries, so that the last keys, which few can see, do not win.
enum ReceivedScore: ShareScore {
  static let name = "received"
  static let title = "Strongest stripe"
  static let formula = "max over keys of Σ A[·, key] / queries"
  static let source = "heed"
  static let evidence = Evidence.text

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return (map.received.max() ?? .nan) / Double(map.queries)
  }
}
