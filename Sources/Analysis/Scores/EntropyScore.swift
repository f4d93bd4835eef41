import Foundation

/// How spread a head's attention is.
///
/// The mean over queries of −Σ p ln p, in nats: 0 when every query looks at one key, `ln k` when it
/// looks at `k` keys equally.
///
/// Source: Clark et al. 2019, "What Does BERT Look At?", whose smoothing is left out.
enum EntropyScore: MapScore {
  static let name = "entropy"
  static let title = "Entropy"
  static let formula = "mean over queries of −Σ p ln p"
  static let unit = "nats"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { log(Double(max(1, seq))) }
  static let source = "Clark et al. 2019"
  static let evidence = Evidence.verified

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return map.rows.reduce(0) { $0 + $1.entropy } / Double(map.queries)
  }
}
