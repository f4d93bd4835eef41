/// How much of a sink the first token is: Gu's α of key 0.
///
/// The mean weight on key 0 over the queries from the key on, in a sliding window or not.
///
/// Source: Gu et al. 2024, "When Attention Sink Emerges in Language Models",
/// `eval_sink_open_source.py`.
enum SinkScore: ShareScore {
  static let name = "sink"
  static let title = "Sink strength"
  static let formula = "α₀ = Σ A[query, 0] / queries from key 0 on"
  static let source = "Gu et al. 2024"
  static let evidence = Evidence.verified

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return map.alpha(0)
  }
}
