import Models
import Tensors

/// How far a head's learned scale moves away from one: large for heads that a task asks to change.
///
/// Every number of a head's weighted values is multiplied by `1 + A`; `A` begins near zero and is learned on
/// the loss of the prompts with an ℓ1 penalty, the model frozen. Five rounds over the prompts, at least 20 steps, unless
/// --learn says otherwise. The penalty is on the sum of all |A|.
enum LoFiTScore: LearnedScore {
  static let name = "lofit"
  static let title = "Learned scale after LoFiT"
  static let formula = "‖A_h‖₂, z ← (1 + A_h) ⊙ z learned on the loss + λ Σ |A|"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Yin et al. 2024; fc2869/lo-fit lofit_trainer.py"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.gradients]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.lossObstacle }

  static func learner(_ work: LearningWork) throws -> any Learner { LoFiTLearner(work) }
}

private struct LoFiTLearner: Learner {
  private let work: LearningWork
  private let heads: [HeadIndex]
  private let width: Int
  private let penalty, rate: Double
  private var scales: [Double]
  private var adam: Adam
  let steps, round: Int

  init(_ work: LearningWork) {
    self.work = work
    let plan = work.plan
    (heads, width) = (plan.allHeads, plan.dValue)
    (penalty, rate) = (work.settings.penalty ?? 5e-4, work.settings.rate ?? 5e-3)
    round = work.examples.count
    steps = work.settings.steps ?? max(20, 5 * round)
    var generator = SeededGenerator(seed: work.settings.seed)
    scales = (0..<heads.count * width).map { _ in 1e-3 * generator.normal() }
    adam = Adam(count: scales.count)
  }

  mutating func step(_ index: Int) throws -> Double {
    let (prompt, options) = work.examples[index % round]
    guard let objective = options.objective else { return .nan }
    let changes = heads.enumerated().map { place, head in
      Intervention.stretch(head, by: own(place).map { 1 + scales[$0] })
    }
    let (gradients, plain) = try work.slopes(objective, work.run(prompt, changes))
    var slopes = [Double](repeating: 0, count: scales.count)
    for (place, head) in heads.enumerated() {
      // What else is multiplied in `always` passes its factor on.
      let sums = Self.columnSums(plain.weightedValues(head), gradients.weightedValues(head))
      let factor = HeadFactors(work.always)[head]
      for (offset, index) in own(place).enumerated() {
        slopes[index] = factor * sums[offset] + penalty * (scales[index] < 0 ? -1 : 1)
      }
    }
    let loss = gradients.value + penalty * scales.reduce(0) { $0 + abs($1) }
    adam.step(&scales, gradient: slopes, rate: rate)
    return loss
  }

  var table: HeadTable {
    HeadTable(
      work.plan,
      heads.indices.map { place in
        own(place).reduce(0) { $0 + scales[$1] * scales[$1] }.squareRoot()
      })
  }

  private func own(_ place: Int) -> Range<Int> { place * width..<(place + 1) * width }

  /// Σ over rows of a · b, column by column.
  private static func columnSums(_ a: Matrix<Float>, _ b: Matrix<Float>) -> [Double] {
    (0..<a.columns).map { column in
      OneDNNKernels.dots(
        a.columns(column..<column + 1).copied.matrix.row,
        b.columns(column..<column + 1).copied.matrix.row
      )[0]
    }
  }
}
