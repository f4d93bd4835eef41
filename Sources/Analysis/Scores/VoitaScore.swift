import Models
import Tensors

/// A gate on each head, learned to be shut where the loss allows: 1 for a head that is needed, 0 for one that
/// is not.
///
/// `g = clip(s (ζ − γ) + γ, 0, 1)` with `s = σ((logit u + a) / β)`, β = 0.33, (γ, ζ) = (−0.1, 1.1), u drawn anew at
/// every step; the score takes `s = σ(a)`. Learned is `a`, which begins at 2, on the loss of the prompts + λ Σ P(open),
/// `P(open) = σ(a − β ln(−γ/ζ))`. 200 steps at a rate of 0.05 and λ = 0.05, unless --learn says otherwise.
enum VoitaScore: LearnedScore {
  static let name = "voita"
  static let title = "Hard-concrete gate"
  static let formula = "learned gate of z on the loss + λ Σ P(open), 0 shut to 1 open"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Voita et al. 2019; lena-voita/the-story-of-heads concrete_gate.py"
  static let evidence = Evidence.verified
  static let follows: String? = "code: evaluated without the temperature; λ and rate are heed's"
  static let needs: Set<ScoreNeed> = [.gradients]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.lossObstacle }

  static func learner(_ work: LearningWork) throws -> any Learner { VoitaLearner(work) }
}

/// A gate with its parameter `a`.
struct HardConcrete {
  static let (temperature, low, high) = (0.33, -0.1, 1.1)

  /// The gate for one random number, and its derivative by `a`.
  static func sample(_ a: Double, _ u: Double) -> (gate: Double, slope: Double) {
    let s = sigmoid((Double.log(u) - Double.log(1 - u) + a) / temperature)
    let stretched = s * (high - low) + low
    let isInside = stretched > 0 && stretched < 1
    return (
      min(max(stretched, 0), 1), isInside ? (high - low) * s * (1 - s) / temperature : 0
    )
  }

  /// The gate as it is used in the end.
  static func gate(_ a: Double) -> Double {
    min(max(sigmoid(a) * (high - low) + low, 0), 1)
  }

  /// How probable it is that the gate is not shut.
  static func open(_ a: Double) -> Double {
    sigmoid(a - temperature * Double.log(-low / high))
  }

  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + Double.exp(-x)) }
}

private struct VoitaLearner: Learner {
  private let work: LearningWork
  private let heads: [HeadIndex]
  private let penalty, rate: Double
  private var parameters: [Double]
  private var adam: Adam
  private var generator: SeededGenerator
  let steps, round: Int

  init(_ work: LearningWork) {
    self.work = work
    heads = work.plan.allHeads
    (penalty, rate) = (work.settings.penalty ?? 0.05, work.settings.rate ?? 0.05)
    // Gates are random: one prompt's loss says little.
    round = max(10, work.examples.count)
    steps = work.settings.steps ?? 200
    generator = SeededGenerator(seed: work.settings.seed)
    parameters = Array(repeating: 2, count: heads.count)
    adam = Adam(count: parameters.count)
  }

  mutating func step(_ index: Int) throws -> Double {
    let (prompt, options) = work.examples[index % work.examples.count]
    guard let objective = options.objective else { return .nan }
    var gates: [(gate: Double, slope: Double)] = []
    for a in parameters { gates.append(HardConcrete.sample(a, generator.unit())) }
    let changes = zip(heads, gates).map { Intervention.scale($0, by: $1.gate) }
    let (gradients, plain) = try work.slopes(objective, work.run(prompt, changes))
    let factors = HeadFactors(work.always)
    let slopes = heads.indices.map { place in
      let head = heads[place]
      let byGate =
        factors[head]
        * OneDNNKernels.dots(plain.weightedValues(head), gradients.weightedValues(head))
        .reduce(0, +)
      let open = HardConcrete.open(parameters[place])
      return byGate * gates[place].slope + penalty * open * (1 - open)
    }
    let loss =
      gradients.value + penalty * parameters.reduce(0) { $0 + HardConcrete.open($1) }
    adam.step(&parameters, gradient: slopes, rate: rate)
    return loss
  }

  var table: HeadTable {
    HeadTable(work.plan, parameters.map(HardConcrete.gate))
  }
}
