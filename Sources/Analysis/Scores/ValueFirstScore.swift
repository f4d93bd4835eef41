import Tensors

/// How much of what a head really carries comes from the first token: a sink that does nothing has a small
/// share here and a large one in `first`.
///
/// Source: value-weighted attention after Gu et al. 2024 and Kobayashi et al. 2020 [R].
enum ValueFirstScore: HeadScore {
  static let name = "value-first"
  static let title = "First-token share by value"
  static let formula = "share of Σ A[·, key] ‖v[key]‖ that lies on key 0"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Gu et al. 2024"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.maps, .values]

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let trace = try input.trace()
    return HeadTable(
      rows: try MapStatistics.reduce(trace, onProgress: input.onProgress) { head, map in
        let norms = ValueNorms(trace, head).norms
        let carried = zip(map.received, norms).map { $0 * $1 }
        let total = carried.reduce(0, +)
        return total > 0 ? carried[0] / total : .nan
      })
  }
}
