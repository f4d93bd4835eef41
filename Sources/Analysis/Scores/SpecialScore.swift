import Tensors

/// How much of a head's attention goes to special tokens, such as BOS or [SEP].
///
/// Source: Clark et al. 2019, "What Does BERT Look At?".
enum SpecialScore: HeadScore {
  static let name = "special"
  static let title = "Share on special tokens"
  static let formula = "mean over queries of Σ A on special tokens"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Clark et al. 2019"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? { TokenClass.special.obstacle(facts) }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let keys = TokenClass.special.keys(try input.trace().prompt)
    return try mapped(input) { map in
      keys.reduce(0) { $0 + map.received[$1] } / Double(map.queries)
    }
  }
}
