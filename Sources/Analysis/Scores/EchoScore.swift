/// How much of a head's attention goes to earlier copies of the query's token, in four copies of random
/// tokens: RazorAttention's echo score.
///
/// The mean over the queries after the first copy; ids are drawn as the probe draws them, 50 unless set,
/// where the original draws 2500 from 10000 to 12500. RazorAttention takes the largest of a KV group.
///
/// Source: Tang et al. 2024, "RazorAttention", in the re-implementation of msmodelslim.
enum EchoScore: RepeatScore {
  static let name = "echo"
  static let title = "Echo"
  static let formula = "mean over repeated queries of Σ A on earlier occurrences, 4 copies"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Tang et al. 2024 (RazorAttention)"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.probe]
  static let copies = 4

  static func value(_ map: MapStatistics, length: Int, prefix: Int) -> Double {
    let repeated = map.duplicate.dropFirst(prefix + length)
    return repeated.isEmpty ? .nan : repeated.reduce(0, +) / Double(repeated.count)
  }
}
