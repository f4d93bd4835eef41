import Tensors

/// How large the value is where a head looks most: near zero, looking there does nothing.
///
/// The Euclidean norm of the value of the key that receives most attention, by the mean norm of the
/// head's values.
///
/// Source: Gu et al. 2024, "When Attention Sink Emerges in Language Models",
/// `eval_activations_open_source.py`, which prints the norms; the ratio is heed's.
enum ValueNormScore: HeadScore {
  static let name = "value-norm"
  static let title = "Value norm at the sink"
  static let formula = "‖v‖ of the most attended key / mean ‖v‖"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Gu et al. 2024"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.maps, .values]

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let trace = try input.trace()
    let rows = try MapStatistics.reduce(trace, onProgress: input.onProgress) { head, map in
      guard map.brokenRows == 0,
        let key = map.received.indices.max(by: { map.received[$0] < map.received[$1] })
      else { return Double.nan }
      return ValueNorms(trace, head).relative(key)
    }
    return HeadTable(rows: rows)
  }
}
