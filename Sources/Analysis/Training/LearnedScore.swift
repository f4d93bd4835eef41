import Models
import Tensors

/// A score that is learned by gradient descent on a set of prompts, the model's weights as they are.
protocol LearnedScore: HeadScore {
  /// What is learned, ready for the first step.
  static func learner(_ work: LearningWork) throws -> any Learner
}

/// What there is to learn from.
struct LearningWork {
  let model: Model
  /// Prompts with what they are judged by.
  let examples: [(prompt: Prompt, options: ScoreOptions)]
  /// What is changed in every run besides.
  let always: [Intervention]
  let settings: LearningSettings
}

/// What a user may set about learning.
public struct LearningSettings: Sendable, Hashable {
  /// Steps of descent; nil for the measure's own number.
  public var steps: Int?
  /// The step's size; nil for the measure's own.
  public var rate: Double?
  /// The weight of the penalty; nil for the measure's own.
  public var penalty: Double?
  /// Of everything random.
  public var seed: UInt64 = 0
  /// Of synthetic passkey prompts: how many tokens.
  public var length = 128
  /// Of a streaming head: how many first keys.
  public var sink = 4
  /// And how many most recent ones.
  public var recent = 16

  /// The usual settings.
  public init() {}
}

/// Numbers that are learned, step by step.
protocol Learner {
  /// The number of steps, and how many make one round over all prompts.
  var steps: Int { get }
  var round: Int { get }
  /// Makes one step.
  ///
  /// - Returns: The loss with its penalty, before the step.
  mutating func step(_ index: Int) throws -> Double
  /// The score of every head as it stands.
  var table: HeadTable { get }
}

extension LearnedScore {
  /// Learns until the steps are done or `onProgress` throws `CancellationError`.
  ///
  /// - Returns: What the best round gave: the one with the lowest loss; before the first round is over, what
  ///   there is.
  /// - Throws: `CancellationError` before the first step; what a step throws.
  static func learn(
    _ model: Model, _ examples: [(prompt: Prompt, options: ScoreOptions)],
    always: [Intervention] = [], onProgress: (Double) throws -> Void
  ) throws -> HeadTable {
    let settings = examples.first?.options.learning ?? LearningSettings()
    var learner = try learner(
      LearningWork(model: model, examples: examples, always: always, settings: settings))
    var best: (loss: Double, table: HeadTable)?
    var sum = 0.0
    for index in 0..<learner.steps {
      // Of a step that was given up nothing is kept.
      var next = learner
      do {
        try onProgress(Double(index) / Double(learner.steps))
        sum += try next.step(index)
        try Cancellation.check()
      } catch  where index > 0 && (error is CancellationError || Cancellation.isDue) {
        Cancellation.settle()
        break
      }
      learner = next
      guard (index + 1) % learner.round == 0 else { continue }
      if sum < best?.loss ?? .infinity { best = (sum, learner.table) }
      sum = 0
    }
    return best?.table ?? learner.table
  }

  /// From the prompt alone.
  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let trace = try input.trace()
    var options = input.options
    options.objective = try options.objective ?? input.objective()
    return try learn(
      input.model, [(trace.wholePrompt, options)], always: trace.interventions,
      onProgress: input.onProgress)
  }
}

/// Gradient descent with momentum and a step for each number.
///
/// Source: Kingma and Ba 2015, "Adam", with its usual constants.
struct Adam {
  private var mean, square: [Double]
  private var count = 0

  init(count: Int) {
    mean = Array(repeating: 0, count: count)
    square = mean
  }

  /// Moves the numbers down their gradient.
  mutating func step(_ numbers: inout [Double], gradient: [Double], rate: Double) {
    count += 1
    let (first, second) = (0.9, 0.999)
    let firstScale = 1 - Self.power(first, count)
    let secondScale = 1 - Self.power(second, count)
    for i in numbers.indices {
      mean[i] = first * mean[i] + (1 - first) * gradient[i]
      square[i] = second * square[i] + (1 - second) * gradient[i] * gradient[i]
      numbers[i] -=
        rate * (mean[i] / firstScale) / ((square[i] / secondScale).squareRoot() + 1e-8)
    }
  }

  private static func power(_ base: Double, _ count: Int) -> Double {
    Double.exp(Double(count) * Double.log(base))
  }
}

extension Model {
  /// A run's weighted values as attention made them, whatever multiplied them afterwards, head by head.
  func unscaled(_ trace: Trace<Float>) throws -> Trace<Float> {
    let spec = try RuleSpec(parsing: "streaming:sink=0,recent=\(max(1, trace.seq))")
    return trace.freezing(try interventions(RulePlan(spec, in: plan.allHeads), on: trace))
  }
}
