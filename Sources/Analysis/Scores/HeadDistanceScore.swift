import Tensors

/// How far a head's rows are from those of the head that was named: the smallest are the heads like it.
///
/// The mean over queries of the Jensen–Shannon divergence of both rows. See ``HeadDistance``.
///
/// Source: Clark et al. 2019, "What Does BERT Look At?", without its smoothing.
enum HeadDistanceScore: HeadScore {
  static let name = "head-distance"
  static let title = "Distance from a head"
  static let formula = "mean over queries of JS(row, row of the head that --like names)"
  static let unit = "nats"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { Double.log(2) }
  static let source = "Clark et al. 2019"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    guard let head = facts.like else { return "name the head to compare with: --like L5.H1" }
    return facts.plan.allHeads.contains(head)
      ? nil
      : "--like \(head): the model has layers 0 to \(facts.plan.layers - 1) with heads 0 to"
        + " \(facts.plan.heads - 1)"
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    guard let head = input.options.like else { return input.undefined }
    return try HeadDistance.table(input.trace(), from: head, onProgress: input.onProgress)
  }
}
