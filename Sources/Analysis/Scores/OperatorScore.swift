import Tensors

/// How much of the last query's attention goes to operators such as `+` or `plus`.
///
/// Source: after Zhang et al. 2024, on arithmetic in Llama-2, from notes on the paper.
enum OperatorScore: HeadScore {
  static let name = "operator"
  static let title = "Share on operators"
  static let formula = "Σ A[last query, ·] on + − × ÷ and the words for them"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Zhang et al. 2024"
  static let evidence = Evidence.secondary
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? { TokenClass.operator.obstacle(facts) }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let keys = TokenClass.operator.keys(try input.trace().prompt)
    return try mapped(input) { map in
      keys.reduce(0) { $0 + map.lastRow[$1] }
    }
  }
}
