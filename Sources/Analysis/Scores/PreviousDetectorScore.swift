/// How much of a map lies on the previous-token pattern: TransformerLens' detector, `mul`.
///
/// Unlike `previous` it divides by all queries, and exclusions change what it divides by.
enum PreviousDetectorScore: ShareScore {
  static let name = "detector-previous"
  static let title = "Previous token, detector"
  static let formula = "Σ A⊙P / Σ A, P one at the token before"
  static let source = "TransformerLens head_detector"
  static let evidence = Evidence.verified

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsTokens(2)
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    Detection.product(.previous, map, options)
  }
}
