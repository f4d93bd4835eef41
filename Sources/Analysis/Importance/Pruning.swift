import Models
import Tensors

/// Taking out heads, the least important first, and what that costs on a set of prompts.
public struct Pruning: Sendable {
  /// How the order is found.
  public enum Order: Sendable {
    /// By a score of the whole model, the lowest first.
    case by(any HeadScore.Type)
    /// The same, computed again on what is left after every step.
    case recomputed(any HeadScore.Type)
    /// One head at a time: the one whose loss the model then misses least.
    case greedy
  }

  /// A place on the curve.
  public struct Point: Sendable, Hashable {
    /// Which heads are gone.
    public let mask: HeadMask
    /// The mean loss over everything that the prompts are judged by, in nats: next tokens, masked tokens or
    /// classes.
    public let loss: Double
    /// The share of it that was most probable.
    public let accuracy: Double
    /// Losses of random sets of as many heads.
    public let random: [Double]

    /// A place on the curve.
    public init(mask: HeadMask, loss: Double, accuracy: Double, random: [Double]) {
      (self.mask, self.loss, self.accuracy, self.random) = (mask, loss, accuracy, random)
    }

    /// The mean of the random sets' losses; `.nan` for none.
    public var randomMean: Double { random.reduce(0, +) / Double(random.count) }
    /// Their standard deviation; `.nan` for fewer than two.
    public var randomDeviation: Double {
      let squares = random.reduce(0) { $0 + ($1 - randomMean) * ($1 - randomMean) }
      return random.count > 1 ? (squares / Double(random.count - 1)).squareRoot() : .nan
    }
  }

  /// The model, and the prompts that it is judged by.
  private let model: Model
  private let examples: [(prompt: Prompt, options: ScoreOptions, objective: Objective)]
  private let prefix: [Int]
  private let stream: StreamName
  /// The description of the part of the model whose heads are taken out.
  public let plan: ModelPlan

  /// - Parameters:
  ///   - model: With an output head.
  ///   - examples: At least one that there is something to judge by, such as two tokens; each within the
  ///     context.
  ///   - stream: The part of the model whose heads are taken out.
  ///   - prefix: Special tokens that begin a text.
  /// - Throws: `ModelError` about a prompt or the stream; `PruningError.nothingToJudge`.
  public init(
    _ model: Model, examples: [Example], in stream: StreamName = .decoder, prefix: [Int] = []
  ) throws {
    let usable = try examples.compactMap { try $0.settled(model) }
    guard let first = usable.first else { throw PruningError.nothingToJudge }
    self.model = model
    self.stream = stream
    plan = try model.plan(stream, for: first.prompt)
    self.examples = usable
    self.prefix = prefix
  }

  /// How many prompts there is something to judge by on, and how many outputs of theirs that is.
  public var judged: (prompts: Int, outputs: Int) {
    (examples.count, examples.reduce(0) { $0 + $1.objective.count })
  }

  /// The same for prompts that are judged by what suits the model.
  public init(_ model: Model, prompts: [Prompt]) throws {
    try self.init(model, examples: prompts.map { Example($0) })
  }

  /// Loss and accuracy under several masks, means over all tokens.
  ///
  /// Every prompt runs once without a mask; the masks of a prompt share batches.
  public func outcomes(
    _ masks: [HeadMask], onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [(loss: Double, accuracy: Double)] {
    var sums = masks.map { _ in (loss: 0.0, accuracy: 0.0) }
    var tokens = 0.0
    for (index, example) in examples.enumerated() {
      let base = try model.run(example.prompt, as: Float.self)
      let outcomes = try model.outcomes(
        of: masks.map(\.interventions), in: stream, by: example.objective, base: base
      ) { try onProgress((Double(index) + $0) / Double(examples.count)) }
      let weight = Double(example.objective.count)
      tokens += weight
      for (place, outcome) in outcomes.enumerated() {
        sums[place].loss += outcome.value * weight
        sums[place].accuracy += outcome.accuracy * weight
      }
    }
    return sums.map { ($0.loss / tokens, $0.accuracy / tokens) }
  }

  /// A score of every head, the mean over prompts; gradients add up over them as their papers have it.
  ///
  /// - Parameter mask: Heads that are already gone: what is scored is the model without them.
  public func importance(
    _ score: any HeadScore.Type, without mask: HeadMask = HeadMask(),
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> HeadTable {
    let (layers, heads) = (plan.layers, plan.heads)
    if let score = score as? any LearnedScore.Type {
      return try score.learn(
        LearningWork(
          model: model, examples: examples.map { ($0.prompt, $0.options) }, stream: stream,
          plan: plan, always: mask.interventions), onProgress: onProgress)
    }
    if score.needs == [.gradients] {
      var sums = GateImportance(layers: layers, heads: heads)
      for (index, example) in examples.enumerated() {
        try onProgress(Double(index) / Double(examples.count))
        let trace = try model.run(
          example.prompt, as: Float.self, interventions: mask.interventions, in: stream)
        let gradients = try model.gradients(of: example.objective, trace)
        if let own = gradients.stream(stream) { sums.add(own) }
      }
      return sums.table(score.name)
    }
    var total = HeadTable(repeating: 0, layers: layers, heads: heads)
    var weight = 0.0
    for (index, example) in examples.enumerated() {
      let table = try scored(score, example.prompt, example.options, mask) {
        try onProgress((Double(index) + $0) / Double(examples.count))
      }
      let own = Double(example.objective.count)
      weight += own
      for place in total.values.indices { total.values[place] += table.values[place] * own }
    }
    return HeadTable(layers: layers, heads: heads, values: total.values.map { $0 / weight })
  }

  private func scored(
    _ score: any HeadScore.Type, _ prompt: Prompt, _ options: ScoreOptions, _ mask: HeadMask,
    _ onProgress: (Double) throws -> Void
  ) throws -> HeadTable {
    try onProgress(0)
    let trace = try model.run(
      prompt, as: Float.self, interventions: mask.interventions, in: stream)
    let input = ScoreInput(model, trace, stream: stream, options: options, prefix: prefix)
    let result = try HeadScores.results([score], of: input)
    if let reason = result.first?.reason {
      throw PruningError.measureUndefined(name: score.name, reason: reason)
    }
    return result.first?.table ?? input.undefined
  }

  /// Masks that take out more and more heads.
  ///
  /// - Parameters:
  ///   - order: How they are chosen.
  ///   - counts: How many heads each takes out, ascending.
  ///   - onProgress: A share from 0 to 1; what it throws ends the work.
  /// - Returns: The score of the whole model, lowest first out, and one mask for each count.
  public func masks(
    _ order: Order, counts: [Int], onProgress: (Double) throws -> Void = { _ in }
  ) throws -> (importance: HeadTable, masks: [HeadMask]) {
    switch order {
    case .by(let score):
      let table = try importance(score, onProgress: onProgress)
      let ranked = ranking(table, score)
      return (table, counts.map { HeadMask(removed: Set(ranked.prefix($0))) })
    case .recomputed(let score):
      return try stepwise(score, counts: counts, onProgress: onProgress)
    case .greedy:
      let each = Array(0...(counts.last ?? 0))
      let found = try stepwise(AblationLossScore.self, counts: each, onProgress: onProgress)
      return (found.importance, counts.map { found.masks[$0] })
    }
  }

  private func stepwise(
    _ score: any HeadScore.Type, counts: [Int], onProgress: (Double) throws -> Void
  ) throws -> (importance: HeadTable, masks: [HeadMask]) {
    var removed: Set<HeadIndex> = []
    var masks: [HeadMask] = []
    var first: HeadTable?
    for (step, count) in counts.enumerated() {
      if count > removed.count {
        let table = try importance(score, without: HeadMask(removed: removed)) {
          try onProgress((Double(step) + $0) / Double(counts.count))
        }
        first = first ?? table
        let left = ranking(table, score).filter { !removed.contains($0) }
        removed.formUnion(left.prefix(count - removed.count))
      }
      masks.append(HeadMask(removed: removed))
    }
    return (try first ?? importance(score), masks)
  }

  /// All heads, the one to go first at the front; heads without a score go first.
  ///
  /// A signed gradient estimates what taking a head out does with its sign turned.
  private func ranking(_ table: HeadTable, _ score: any HeadScore.Type) -> [HeadIndex] {
    let sign: Double =
      score == GateGradientScore.self || score == AblationLogitScore.self
        || score == AblationProbabilityScore.self || score == AblationAccuracyScore.self ? -1 : 1
    func key(_ head: HeadIndex) -> Double {
      let value = sign * table[head]
      return value.isNaN ? -.infinity : value
    }
    return plan.allHeads.sorted { (key($0), $0) < (key($1), $1) }
  }

  /// The curve along some masks, beside random sets of the same sizes.
  ///
  /// - Parameters:
  ///   - controls: How many random orders; each point takes the beginning of each.
  ///   - seed: Of the random orders.
  public func curve(
    _ masks: [HeadMask], controls: Int, seed: UInt64 = 0,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [Point] {
    var generator = SeededGenerator(seed: seed)
    let orders = (0..<controls).map { _ in plan.allHeads.shuffled(using: &generator) }
    let random = masks.flatMap { mask in
      orders.map { HeadMask(removed: Set($0.prefix(mask.removed.count))) }
    }
    let outcomes = try self.outcomes(masks + random, onProgress: onProgress)
    return masks.enumerated().map { index, mask in
      let first = masks.count + index * controls
      return Point(
        mask: mask, loss: outcomes[index].loss, accuracy: outcomes[index].accuracy,
        random: outcomes[first..<first + controls].map(\.loss))
    }
  }
}

extension GateImportance {
  /// The measure of a score that needs gradients alone.
  func table(_ name: String) -> HeadTable {
    switch name {
    case MichelScore.name: michel
    case BertologyScore.name: bertology
    case TaylorScore.name: taylor
    default: gateGradient
    }
  }
}

/// Random numbers that a seed fixes.
///
/// Source: Steele et al. 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// The numbers of a seed.
  public init(seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
