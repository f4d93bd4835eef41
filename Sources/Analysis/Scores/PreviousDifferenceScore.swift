/// How near a map is to the previous-token pattern: TransformerLens' detector, `abs`, which can be
/// far below zero.
enum PreviousDifferenceScore: MapScore {
  static let name = "detector-previous-abs"
  static let title = "Previous token, detector (abs)"
  static let formula = "1 − mean |A − P| · seq, P one at the token before"
  static let unit = "1"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "TransformerLens head_detector"
  static let evidence = Evidence.verified

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    Detection.difference(.previous, map, options)
  }
}
