/// How much of a head's attention goes to the first token.
///
/// The mean over queries of `pattern[query, 0]`; query 0, which can see nothing else, is counted.
///
/// Source: Xiao et al. 2023, "Efficient Streaming Language Models with Attention Sinks"; SCORES.md 2.2 [V].
enum FirstTokenScore: HeadScore {
  static let name = "first"
  static let title = "First-token share"
  static let formula = "mean over queries of A[query, 0]"
  static let unit = "share"
  static let lowest = 0.0
  static func highest(seq: Int) -> Double { 1 }
  static let source = "Xiao et al. 2023 [V]"

  static func value(_ statistics: MapStatistics) -> Double {
    guard let received = statistics.received.first else { return .nan }
    return received / Double(statistics.seq)
  }
}
