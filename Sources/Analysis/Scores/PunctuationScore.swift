import Tensors

/// How much of a head's attention goes to tokens that are punctuation alone.
///
/// Source: Clark et al. 2019, "What Does BERT Look At?".
enum PunctuationScore: HeadScore {
  static let name = "punctuation"
  static let title = "Share on punctuation"
  static let formula = "mean over queries of Σ A on punctuation"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Clark et al. 2019"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? { TokenClass.punctuation.obstacle(facts) }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let keys = TokenClass.punctuation.keys(try input.trace().prompt)
    return try mapped(input) { map in
      keys.reduce(0) { $0 + map.received[$1] } / Double(map.queries)
    }
  }
}
