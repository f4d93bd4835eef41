/// How much attention goes to sinks beyond the first.
///
/// Keys whose α is above a threshold, 0.1 unless set, are sinks; the first of them is left out.
///
/// Source: Yu et al. 2024, "Unveiling and Harnessing Hidden Attention Sinks",
/// `llama_modelling_aug.py`.
enum LaterSinksScore: ShareScore {
  static let name = "later-sinks"
  static let title = "Later sinks' share"
  static let formula = "mean over queries of Σ A on keys with α > 0.1, the first such key left out"
  static let source = "Yu et al. 2024 (ACT)"
  static let evidence = Evidence.verified
  static let follows: String? =
    "the code: a fixed threshold, and the first sink dropped whichever key it is"

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    let sinks = LaterSinks.keys(map, threshold: options.laterSinks.threshold(seq: map.keys))
    return sinks.reduce(0) { $0 + map.received[$1] } / Double(map.queries)
  }
}
