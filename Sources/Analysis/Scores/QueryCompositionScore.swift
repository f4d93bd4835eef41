import Tensors

/// How much a head's queries read of what the most strongly connected earlier head writes.
///
/// Undefined in the first layer. See ``Composition``.
///
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits".
enum QueryCompositionScore: HeadScore {
  static let name = "composition-q"
  static let title = "Query composition"
  static let formula =
    "max over earlier heads of ‖W₁W₂‖ / ‖W₁‖‖W₂‖ − 1/√dModel, W₂ the head's W_Q W_Kᵀ, on its queries"
  static let unit = "1"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Elhage et al. 2021"
  static let evidence = Evidence.text
  static let needs: Set<ScoreNeed> = [.weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    Composition.obstacle(facts)
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try Composition.query.table(input)
  }
}
