import Tensors

/// How much of the last query's attention goes to numbers: the operands, when the prompt is a sum.
///
/// Source: after Zhang et al. 2024, on arithmetic in Llama-2, from notes on the paper.
enum OperandScore: HeadScore {
  static let name = "operand"
  static let title = "Share on operands"
  static let formula = "Σ A[last query, ·] on tokens of digits"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Zhang et al. 2024"
  static let evidence = Evidence.secondary
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? { TokenClass.number.obstacle(facts) }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let keys = TokenClass.number.keys(try input.trace().prompt)
    return try mapped(input) { map in
      keys.reduce(0) { $0 + map.lastRow[$1] }
    }
  }
}
