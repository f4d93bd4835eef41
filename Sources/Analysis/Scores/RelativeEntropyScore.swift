import Foundation

/// How spread a head's attention is, against the most it could be.
///
/// The mean over queries that can see two keys or more of a row's entropy by the logarithm of how
/// many keys it can see: 1 is uniform. A sliding window is not subtracted: the keys of a causal
/// query are all those up to itself.
enum RelativeEntropyScore: ShareScore {
  static let name = "entropy-relative"
  static let title = "Relative entropy"
  static let formula = "mean over queries from 1 of entropy / ln(visible keys)"
  static let source = "Clark et al. 2019"
  static let evidence = Evidence.verified

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    var (sum, count) = (0.0, 0)
    for (query, row) in map.rows.enumerated() {
      let visible = map.frame.isCausal ? min(map.keys, query + 1) : map.keys
      guard visible > 1 else { continue }
      sum += row.entropy / log(Double(visible))
      count += 1
    }
    return count > 0 ? sum / Double(count) : .nan
  }
}
