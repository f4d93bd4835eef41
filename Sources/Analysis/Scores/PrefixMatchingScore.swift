/// How much of a head's attention goes to what followed earlier copies of the query's token, in four copies
/// of random tokens: Olsson's prefix matching, which is RazorAttention's induction score.
///
/// The mean over the queries after the first copy of the sum over all earlier copies.
///
/// Source: Olsson et al. 2022, "In-context Learning and Induction Heads" [R]; Tang et al. 2024,
/// "RazorAttention" [V].
enum PrefixMatchingScore: RepeatScore {
  static let name = "prefix-matching"
  static let title = "Prefix matching"
  static let formula = "mean over repeated queries of Σ A after earlier occurrences, 4 copies"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Olsson et al. 2022; Tang et al. 2024"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.probe]
  static let copies = 4

  static func value(_ map: MapStatistics, length: Int, prefix: Int) -> Double {
    let repeated = map.induction.dropFirst(prefix + length)
    return repeated.isEmpty ? .nan : repeated.reduce(0, +) / Double(repeated.count)
  }
}
