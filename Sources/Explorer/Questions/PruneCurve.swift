import Analysis
import Models

/// In which order heads are taken out, and by what the model is judged.
public struct PruneRequest: Sendable, Hashable {
  /// The name of a score, the lowest first out; or `greedy`.
  public var measure: String
  /// Whether what is left is scored again after every step.
  public var recomputes: Bool
  /// The prompts that the model is judged by; nil for the one that is looked at.
  public var prompts: PromptFile?

  /// One head at a time, always the one that is missed least.
  public static let greedy = "greedy"

  /// An order and its prompts.
  public init(_ measure: String, recomputes: Bool = false, prompts: PromptFile? = nil) {
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
  /// What the loss is a mean over, such as `20 tokens of 3 prompts`.
  public let judged: String

  /// At most so many points beside the first: enough for a plot, few enough to wait for.
  static let steps = 32
  /// Random orders beside the curve.
  static let controls = 3

  /// A curve.
  ///
  /// - Parameter points: At least one; each takes out what the one before does, and more.
  public init(
    _ request: PruneRequest, title: String, importance: HeadTable, points: [Pruning.Point],
    judged: String
  ) {
    self.request = request
    self.title = title
    self.importance = importance
    self.points = points
    self.judged = judged
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
  /// The loss is what suits the model: of next tokens, of an encoder-decoder's answer, of masked tokens, of the
  /// class that it names.
  ///
  /// - Parameters:
  ///   - prompt: What is judged where the request names no prompts.
  ///   - stream: The part of the model whose heads go.
  ///   - held: Bytes that the run that is looked at takes.
  /// - Throws: `ExplorerError.refused` for a model without an output; what pruning throws.
  init(
    _ request: PruneRequest, _ open: OpenModel, _ prompt: Prompt, in stream: StreamName,
    holding held: Int,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    guard open.model.hasOutputHead else {
      throw ExplorerError.refused(command: "prune", why: "the checkpoint has no output head")
    }
    let score = HeadScores.named(request.measure)
    let options = try score.map(open.scoreOptions) ?? ScoreOptions()
    let examples =
      try request.prompts.map { try open.examples($0.name, options) }
      ?? [Example(prompt, options: options)]
    let works = MemoryPlan.Work.of(score.map { [$0] } ?? []) + [.ablation]
    for example in examples {
      _ = try open.prepare(
        open.model, example.prompt, PlannedWork(works, holding: held, isFiled: false))
    }
    let pruning = try Pruning(
      open.model, examples: examples, in: stream, prefix: open.prefix)
    let heads = pruning.plan.allHeads.count
    let steps = min(Self.steps, heads - 1)
    let counts = (0...max(0, steps)).map { steps > 0 ? (heads - 1) * $0 / steps : 0 }
    let order: Pruning.Order
    let title: String
    if request.measure == PruneRequest.greedy {
      (order, title) = (.greedy, "Greedy: always the head that is missed least")
    } else {
      guard let score else {
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
    self.init(
      request, title: title, importance: found.importance, points: points,
      judged: Self.judged(open.model, pruning.judged))
  }

  /// What a model's loss is counted in.
  private static func judged(_ model: Model, _ judged: (prompts: Int, outputs: Int)) -> String {
    let prompts = judged.prompts == 1 ? "" : " of \(judged.prompts) prompts"
    if model.plan.head.isOfClasses { return "the class it names" + prompts }
    if case .attended? = model.plan.encoder {
      return "\(judged.outputs) decoder tokens" + prompts
    }
    return "\(judged.outputs)\(model.plan.isCausal ? "" : " masked") tokens" + prompts
  }
}
