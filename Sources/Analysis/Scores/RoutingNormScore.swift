import Tensors

/// The share of a token that a mixture of heads without a router would give a head: the softmax over heads of
/// how long its query is, in standard deviations; the mean over tokens.
enum RoutingNormScore: HeadScore {
  static let name = "moh-routing"
  static let title = "Routing by query norms"
  static let formula = "mean over tokens of softmax_h(‖q_h‖ / deviation of ‖q‖ over heads)"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Jin et al. 2024 (MoH), LLaMA3 variant"
  static let evidence = Evidence.verified
  static let follows: String? =
    "code: query norms in place of router weights; all heads are routed here"
  static let needs: Set<ScoreNeed> = [.values]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.routingObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    QueryRouting.table(try input.trace())
  }
}
