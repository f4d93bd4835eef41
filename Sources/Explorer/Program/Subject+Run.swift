import Analysis
import Models
import Tensors

extension Subject {
  /// A run as the views need it, its heads scored.
  ///
  /// - Parameters:
  ///   - trace: The part of the run that is looked at.
  ///   - asked: What the model was asked; nil where that is the prompt of `trace`.
  ///   - stream: Which part of a run of several stacks it is.
  ///   - onProgress: Called with a share from 0 to 1; what it throws ends the scoring.
  public init(
    _ model: Model, _ trace: Trace<Float>, origin: Origin? = nil, asked: Prompt? = nil,
    stream: StreamName = .decoder,
    onProgress: @escaping @Sendable (Double) throws -> Void = { _ in }
  ) throws {
    let results = try HeadScores.results(
      HeadScores.ofMaps, of: ScoreInput(model, trace, onProgress: onProgress))
    let (plan, asked) = (trace.plan, asked ?? trace.prompt)
    self.init(
      model: model.name,
      details: [
        "\(plan.family), \(plan.layers) layers, \(plan.heads) heads, \(plan.kvHeads) KV heads,"
          + " \(plan.dModel) wide"
      ] + model.warnings,
      prompt: asked.text ?? "", tokens: trace.prompt.tokens, patterns: trace,
      scores: ScoreTable.offered(results, seq: trace.seq), kvHeads: plan.kvHeads,
      origin: origin, hasAdded: !asked.added.isEmpty, queries: trace.prompt,
      keys: trace.keyTokens)
    self.asked = asked
    self.stream = stream
    parts = StreamName.allCases.compactMap { stream in
      (try? model.plan(stream, for: asked)).map {
        Part(stream: stream, layers: $0.layers, heads: $0.heads)
      }
    }
    media = Medium.taken(by: model.plan)
    beginning = model.beginning(of: asked, origin)
  }
}

extension ScoreTable {
  /// The tables of the scores that apply, in the order in which they are offered.
  static func offered(_ results: [ScoreResult], seq: Int) -> [ScoreTable] {
    let applicable = results.filter { $0.reason == nil }
    // Entropy leads: it is defined for every prompt.
    let order =
      applicable.filter { $0.score.name == "entropy" }
      + applicable.filter { $0.score.name != "entropy" }
    return order.map { ScoreTable($0.score, $0.table, seq: seq) }
  }
}
