/// How much of a head's attention goes to the token just before.
///
/// The mean over queries 1… of `pattern[query, query − 1]`; undefined for a prompt of one token.
///
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; SCORES.md 5.2 [V].
enum PreviousTokenScore: HeadScore {
  static let name = "previous"
  static let title = "Previous-token share"
  static let formula = "mean over queries from 1 of A[query, query − 1]"
  static let unit = "share"
  static let lowest = 0.0
  static func highest(seq: Int) -> Double { 1 }
  static let source = "Elhage et al. 2021 [V]"

  static func value(_ statistics: MapStatistics) -> Double {
    guard statistics.seq > 1 else { return .nan }
    return statistics.byDistance[1] / Double(statistics.seq - 1)
  }
}
