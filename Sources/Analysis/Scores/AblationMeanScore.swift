import Tensors

/// How much the mean next-token loss grows when a head's weighted values become their mean over the prompt.
///
/// Milder than zero where a head always writes something.
enum AblationMeanScore: HeadScore {
  static let name = "ablation-mean"
  static let title = "Loss with the head at its mean"
  static let formula = "loss with z = mean of z over the prompt − loss"
  static let unit = "nats"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Wang et al. 2022 (IOI), mean ablation"
  static let evidence = Evidence.secondary
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.lossObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let trace = try input.trace()
    return try LeaveOneOut.lossChanges(input) { head in
      let z = trace.weightedValues(head)
      var sums = [Double](repeating: 0, count: z.columns)
      for row in 0..<z.rows {
        for column in sums.indices { sums[column] += Double(z[row, column]) }
      }
      return [.mean(head, sums.map { $0 / Double(z.rows) })]
    }
  }
}
