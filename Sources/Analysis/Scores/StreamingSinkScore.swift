/// How much of the last query's attention goes to the first token.
///
/// Source: Xiao et al. 2023, "Efficient Streaming Language Models with Attention Sinks", appendix,
/// there at 4096 tokens.
enum StreamingSinkScore: ShareScore {
  static let name = "sink-last"
  static let title = "Last query's first-token share"
  static let formula = "A[last query, 0]"
  static let source = "Xiao et al. 2023"
  static let evidence = Evidence.secondary

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    map.queries > 1 ? map.first[map.queries - 1] : .nan
  }
}
