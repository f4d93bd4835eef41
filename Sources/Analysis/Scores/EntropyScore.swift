import Foundation

/// How spread a head's attention is.
///
/// The mean over queries of −Σ p ln p, in nats: 0 when every query looks at one key, `ln k` when it looks
/// at `k` keys equally.
///
/// Source: Clark et al. 2019, "What Does BERT Look At?"; SCORES.md 5.10 [V].
enum EntropyScore: HeadScore {
  static let name = "entropy"
  static let title = "Entropy"
  static let formula = "mean over queries of −Σ p ln p"
  static let unit = "nats"
  static let lowest = 0.0
  static func highest(seq: Int) -> Double { log(Double(max(1, seq))) }
  static let source = "Clark et al. 2019 [V]"

  static func value(_ statistics: MapStatistics) -> Double {
    guard statistics.seq > 0 else { return .nan }
    return statistics.entropy.reduce(0, +) / Double(statistics.seq)
  }
}
