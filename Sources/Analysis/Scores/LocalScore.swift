/// How much of a head's attention stays near: the share at distances of up to four tokens.
///
/// One less
/// this is the global share.
enum LocalScore: ShareScore {
  static let name = "local"
  static let title = "Local share"
  static let formula = "share of attention at distances up to 4"
  static let source = "heed"
  static let evidence = Evidence.text

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return (-4...4).reduce(0) { $0 + map.mass(at: $1) } / Double(map.queries)
  }
}
