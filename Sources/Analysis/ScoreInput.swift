import Models
import Tensors

/// What a score is computed from.
public struct ScoreInput<Element: Scalar>: Sendable {
  /// The model.
  public let model: Model
  /// A run of all its parts on the prompt; nil when there is no prompt.
  private let wholeRun: Trace<Element>?
  /// The part whose heads are scored.
  public let stream: StreamName
  /// What the user set.
  public let options: ScoreOptions
  /// Special tokens that begin a text, for prompts that heed makes.
  public let prefix: [Int]
  /// Called now and then with a share from 0 to 1; what it throws ends the work.
  public let onProgress: @Sendable (Double) throws -> Void

  /// A model, its run, and the options.
  ///
  /// - Parameters:
  ///   - trace: A run of all parts.
  ///   - stream: The part whose heads are scored; one that the run has.
  public init(
    _ model: Model, _ trace: Trace<Element>?, stream: StreamName = .decoder,
    options: ScoreOptions = ScoreOptions(), prefix: [Int] = [],
    onProgress: @escaping @Sendable (Double) throws -> Void = { _ in }
  ) {
    self.model = model
    wholeRun = trace
    self.stream = stream
    self.options = options
    self.prefix = prefix
    self.onProgress = onProgress
  }

  /// The part of the run that is scored; nil when there is no prompt.
  private var run: Trace<Element>? { wholeRun?.stream(stream) }

  /// The part of the run that is scored.
  ///
  /// - Throws: `ModelError.promptEmpty` when there is none.
  public func trace() throws(ModelError) -> Trace<Element> {
    guard let run else { throw .promptEmpty }
    return run
  }

  /// The run of all parts, the last of which makes the output.
  ///
  /// - Throws: `ModelError.promptEmpty` when there is none.
  public func whole() throws(ModelError) -> Trace<Element> {
    guard let wholeRun else { throw .promptEmpty }
    return wholeRun
  }

  /// The description of what was run: of an encoder-decoder, of the stream that is looked at.
  var plan: ModelPlan {
    run?.plan ?? (try? model.plan(stream, for: Prompt(ids: []))) ?? model.plan
  }

  /// The model described by that part, for what its heads' weights are.
  var part: Model { model.part(plan) }

  /// The parts of the prompt that the user named.
  public var spans: [PromptSpan] { run?.prompt.spans ?? [] }

  /// What decides whether a score applies.
  public var facts: ScoreFacts {
    ScoreFacts(
      plan: plan, isCross: run?.isCross ?? (stream == .cross),
      makesOutput: makesOutput(plan, of: run?.prompt ?? Prompt(ids: [])),
      takesProbes: takesProbes, prompt: run?.prompt, isCausal: run?.isCausal ?? true,
      hasOutputHead: model.hasOutputHead,
      output: wholeRun.map {
        .init(plan: $0.plan, isCausal: $0.isCausal, prompt: $0.prompt, asked: $0.wholePrompt)
      },
      rerunObstacle: partObstacle
        ?? wholeRun?.reach.map { _ in
          "the score runs softmax attention, and another rule is in force"
        },
      gradientObstacle: partObstacle ?? wholeRun?.gradientObstacle?.description, options: options)
  }

  /// Whether a stack is the one that ends in the output head.
  private func makesOutput(_ plan: ModelPlan, of prompt: Prompt) -> Bool {
    plan == (try? model.plan(.decoder, for: prompt)) ?? model.plan
  }

  /// Whether a prompt of tokens runs in the scored heads' stack, and in no other one.
  private var takesProbes: Bool {
    if case .attended = model.plan.encoder { return false }
    return plan == model.plan && plan.embedding.patches == nil && plan.embedding.frames == nil
  }

  /// A part of a run alone says nothing about the output.
  private var partObstacle: String? {
    guard let wholeRun, !makesOutput(wholeRun.plan, of: wholeRun.prompt) else { return nil }
    return "importance is that of a run without rules; leave --rule out"
  }

  /// A table in which no head has a number.
  public var undefined: HeadTable {
    HeadTable(repeating: .nan, layers: plan.layers, heads: plan.heads)
  }

  /// What `value` makes of every head's weights, on several threads; a layer's matrices are widened once.
  func forEachHeadWeights(
    isFolded: Bool = true, _ value: @Sendable (HeadWeights<Element>) -> Double
  ) throws -> HeadTable {
    var rows: [[Double]] = []
    for layer in 0..<plan.layers {
      let weights = part.headWeights(layer: layer, isFolded: isFolded, as: Element.self)
      let results = Slots<Double>(count: plan.heads)
      Parallel.forEach(plan.heads) { results.put(value(weights[$0]), at: $0) }
      rows.append(results.take())
      try onProgress(Double(layer + 1) / Double(plan.layers))
    }
    return HeadTable(rows: rows)
  }

  /// What `value` makes of every head, on several threads.
  func forEachHead(_ value: @Sendable (HeadIndex) -> Double) throws -> HeadTable {
    var rows: [[Double]] = []
    for layer in 0..<plan.layers {
      let results = Slots<Double>(count: plan.heads)
      Parallel.forEach(plan.heads) { head in
        results.put(value(HeadIndex(layer: layer, head: head)), at: head)
      }
      rows.append(results.take())
      try onProgress(Double(layer + 1) / Double(plan.layers))
    }
    return HeadTable(rows: rows)
  }
}
