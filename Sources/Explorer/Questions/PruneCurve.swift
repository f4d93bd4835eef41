import Analysis
import Models

/// In which order heads are taken out, and by what the model is judged.
public struct PruneRequest: Sendable, Hashable {
  /// The name of a score, the lowest first out; or `greedy`.
  public var measure: String
  /// Whether what is left is scored again after every step.
  public var recomputes: Bool
  /// Texts that the model is judged by; empty for the prompt that is looked at.
  public var prompts: [String]

  /// One head at a time, always the one that is missed least.
  public static let greedy = "greedy"

  /// An order and its prompts.
  public init(_ measure: String, recomputes: Bool = false, prompts: [String] = []) {
    (self.measure, self.recomputes, self.prompts) = (measure, recomputes, prompts)
  }
}

/// Head importance, and what the model loses as the least important heads go.
public struct PruneCurve: Sendable {
  /// What was asked for.
  public let request: PruneRequest
  /// A heading for people.
  public let title: String
  /// The score of every head of the whole model.
  public let importance: HeadTable
  /// From no head taken out to all but one; never empty.
  public let points: [Pruning.Point]
  /// Every head, the one that goes first at the front.
  public let order: [HeadIndex]
  /// How many prompts and tokens the loss is a mean over.
  public let promptCount, tokenCount: Int

  /// At most so many points beside the first: enough for a plot, few enough to wait for.
  static let steps = 32
  /// Random orders beside the curve.
  static let controls = 3

  /// A curve.
  ///
  /// - Parameter points: At least one; each takes out what the one before does, and more.
  public init(
    _ request: PruneRequest, title: String, importance: HeadTable, points: [Pruning.Point],
    promptCount: Int, tokenCount: Int
  ) {
    self.request = request
    self.title = title
    self.importance = importance
    self.points = points
    self.promptCount = promptCount
    self.tokenCount = tokenCount
    let rising = importance.ranked.reversed().map(\.head)
    let undefined = importance.indices.filter { importance[$0].isNaN }
    var gone: Set<HeadIndex> = []
    var order: [HeadIndex] = []
    for point in points {
      order += (undefined + rising).filter {
        point.mask.removed.contains($0) && !gone.contains($0)
      }
      gone.formUnion(point.mask.removed)
    }
    self.order = order + (undefined + rising).filter { !gone.contains($0) }
  }

  /// Scores the heads, takes them out step by step, and judges what is left.
  ///
  /// - Throws: `ExplorerError.refused` where there is no next-token loss; what pruning throws.
  init(
    _ request: PruneRequest, _ open: OpenModel, _ trace: Trace<Float>,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    if let why = open.nextTokenObstacle(trace) {
      throw ExplorerError.refused(command: "prune", why: why)
    }
    let prompts =
      request.prompts.isEmpty ? [trace.prompt] : try request.prompts.map(open.tokenize)
    for prompt in prompts { _ = try open.prepare(open.model, prompt, trace.bytesInMemory) }
    let pruning = try Pruning(
      open.model, examples: prompts.map { Example($0) }, prefix: open.prefix)
    let heads = open.model.plan.allHeads.count
    let steps = min(Self.steps, heads - 1)
    let counts = (0...max(0, steps)).map { steps > 0 ? (heads - 1) * $0 / steps : 0 }
    let order: Pruning.Order
    let title: String
    if request.measure == PruneRequest.greedy {
      (order, title) = (.greedy, "Greedy: always the head that is missed least")
    } else {
      guard let score = HeadScores.named(request.measure) else {
        throw ExplorerError.badArgument(
          command: "prune", found: request.measure, expected: "greedy or a score")
      }
      order = request.recomputes ? .recomputed(score) : .by(score)
      title = score.title + (request.recomputes ? ", scored again at every step" : "")
    }
    let found = try pruning.masks(order, counts: counts) { try onProgress($0 / 2) }
    let points = try pruning.curve(found.masks, controls: Self.controls) {
      try onProgress(0.5 + $0 / 2)
    }
    let judged = prompts.filter { $0.seq > 1 }
    self.init(
      request, title: title, importance: found.importance, points: points,
      promptCount: judged.count, tokenCount: judged.reduce(0) { $0 + $1.seq - 1 })
  }
}
