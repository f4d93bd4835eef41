import Tensors

/// How much of a head's attention goes to earlier occurrences of the query's token.
///
/// On a prompt: TransformerLens' detector, `mul`, the share of all attention that lies there. On a
/// probe of n random tokens and the same again: the mean of diagonal n, over all of its entries.
///
/// Source: TransformerLens `head_detector.py` and `Exploratory_Analysis_Demo`.
enum DuplicateTokenScore: MapScore, RepeatScore {
  static let name = "duplicate"
  static let title = "Duplicate token"
  static let formula =
    "Σ A⊙P / Σ A, P one at earlier occurrences; on a probe, mean of A[query, query − n]"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "TransformerLens"
  static let evidence = Evidence.verified
  static let follows: String? =
    "the code: the diagonal's entries that are no pair are averaged in"
  static let needs: Set<ScoreNeed> = [.maps, .probe]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.probe == nil ? facts.needsRepeat : nil
  }

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    Detection.product(.duplicate, map, options)
  }

  static func value(_ map: MapStatistics, length: Int, prefix: Int) -> Double {
    map.diagonal(length)
  }
}
