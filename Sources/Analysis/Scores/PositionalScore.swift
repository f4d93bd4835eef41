/// How regularly a head's strongest key is a direct neighbour.
///
/// The larger of two shares of queries: those whose largest weight lies one before, and those where
/// it lies one after. Voita calls a head positional from 0.9 on.
///
/// Source: Voita et al. 2019, "Analyzing Multi-Head Self-Attention".
enum PositionalScore: ShareScore {
  static let name = "positional"
  static let title = "Positional head"
  static let formula = "max over ±1 of share of queries whose strongest key lies there"
  static let source = "Voita et al. 2019"
  static let evidence = Evidence.verified

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 1 else { return .nan }
    let offsets = map.rows.enumerated().map { $1.strongest - $0 }
    let best = max(offsets.count { $0 == -1 }, offsets.count { $0 == 1 })
    return Double(best) / Double(map.queries - 1)
  }
}
