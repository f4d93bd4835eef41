/// How much of a head's attention goes to its learned sink, which no key receives.
///
/// One less the mean of the row sums; undefined for a model without learned sinks.
enum LearnedSinkScore: ShareScore {
  static let name = "learned-sink"
  static let title = "Learned-sink share"
  static let formula = "1 − mean over queries of Σ A[query, ·]"
  static let source = "gpt-oss"
  static let evidence = Evidence.text

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.hasLearnedSinks ? nil : "the model has no learned sinks"
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return map.rows.reduce(0) { $0 + 1 - $1.total } / Double(map.queries)
  }
}
