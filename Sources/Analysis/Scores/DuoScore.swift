import Tensors

/// Whether a head looks far back whatever it reads: low for heads that keep to what is near.
///
/// The mean query and the mean key of the prompt, before their positions enter, stand at 500 positions;
/// the score is the mean of the running sum of the last query's weights, averaged over the query heads of
/// a key/value head. Heads at the bottom can do with a sink and a window.
///
/// Source: kvpress, `DuoAttentionPress`, after Xiao et al. 2024, "DuoAttention".
enum DuoScore: HeadScore {
  static let name = "duo"
  static let title = "DuoAttention, training-free"
  static let formula =
    "mean cumulative weight of mean q° over mean k° at 500 distances, per KV group"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "kvpress DuoAttentionPress"
  static let evidence = Evidence.secondary
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.plan.blocks.contains {
      if case .rotary = $0.attention.position { false } else { true }
    } ? "without rotary positions the mean query sees all mean keys alike" : nil
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let trace = try input.trace()
    let single = try input.forEachHead { head in
      var (sum, total) = (0.0, 0.0)
      for weight in trace.meanTokenWeights(head, length: 500) {
        sum += weight
        total += sum
      }
      return total / 500
    }
    return single.averagedOverGroups(input.model.plan)
  }
}
