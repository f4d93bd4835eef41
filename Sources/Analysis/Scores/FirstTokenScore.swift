/// How much of a head's attention goes to the first token.
///
/// The mean over queries of `pattern[query, 0]`; query 0, which in a causal model can see nothing
/// else, is counted.
///
/// Source: Xiao et al. 2023, "Efficient Streaming Language Models with Attention Sinks".
enum FirstTokenScore: ShareScore {
  static let name = "first"
  static let title = "First-token share"
  static let formula = "mean over queries of A[query, 0]"
  static let source = "Xiao et al. 2023"
  static let evidence = Evidence.verified

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return map.received[0] / Double(map.queries)
  }
}
