/// Whether the first token is a sink of this head: 100 where Gu's α of key 0 is above ε, else 0.
///
/// The mean over heads and prompts is the published sink rate. ε is 0.3 unless set.
///
/// Source: Gu et al. 2024, "When Attention Sink Emerges in Language Models".
enum SinkRateScore: MapScore {
  static let name = "sink-rate"
  static let title = "Sink rate"
  static let formula = "100 where α₀ > ε (0.3), else 0; a rate over prompts and heads"
  static let unit = "percent"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 100 }
  static let source = "Gu et al. 2024"
  static let evidence = Evidence.verified

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    guard map.queries > 0 else { return .nan }
    return map.alpha(0) > options.epsilon ? 100 : 0
  }
}
