import Tensors

/// How much a head moves the residual stream, key by key, before directions cancel.
///
/// Source: Kobayashi et al. 2020, "Attention is Not Only a Weight" [R].
enum NormWeightedScore: HeadScore {
  static let name = "norm-weighted"
  static let title = "Norm-weighted attention"
  static let formula = "mean over queries of Σ ‖A[query, key] v[key] W_O‖"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Kobayashi et al. 2020"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.maps, .values, .weights]

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let (model, trace) = (input.model, try input.trace())
    return HeadTable(
      rows: try MapStatistics.reduce(trace, onProgress: input.onProgress) { head, map in
        let norms = WeightedMap.norm.norms(model, trace, head)
        return zip(map.received, norms).reduce(0) { $0 + $1.0 * $1.1 } / Double(map.queries)
      })
  }
}
