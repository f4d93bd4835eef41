/// How near a map is to the duplicate-token pattern: TransformerLens' detector, `abs`.
enum DuplicateDifferenceScore: MapScore {
  static let name = "detector-duplicate-abs"
  static let title = "Duplicate token, detector (abs)"
  static let formula = "1 − mean |A − P| · seq, P one at earlier occurrences"
  static let unit = "1"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "TransformerLens head_detector"
  static let evidence = Evidence.verified

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsRepeat
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    Detection.difference(.duplicate, map, options)
  }
}
