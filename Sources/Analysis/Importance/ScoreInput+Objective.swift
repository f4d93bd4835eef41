import Models
import Tensors

extension ScoreInput {
  /// What importance is measured by: what was asked for; else the class that the model itself names, the
  /// masked tokens that it would put in, or the mean next-token loss.
  ///
  /// - Throws: What the model throws.
  func objective() throws -> Objective {
    if let objective = options.objective { return objective }
    return try model.naturalObjective(of: trace())
  }

  /// What gradients of the objective say about every head.
  func gateImportance() throws -> GateImportance {
    let trace = try trace()
    let gradients = try model.gradients(of: objective(), trace) {
      try onProgress(Double($0.done) / Double($0.total))
    }
    var importance = GateImportance(layers: trace.layers, heads: trace.heads)
    importance.add(gradients)
    return importance
  }

  /// A run without interventions, which sweeps start from, and what they always change.
  func sweepBase() throws -> (trace: Trace<Element>, always: [Intervention]) {
    let trace = try trace()
    guard !trace.interventions.isEmpty else { return (trace, []) }
    return (try model.run(trace.wholePrompt, as: Element.self), trace.interventions)
  }
}

extension Model {
  /// What a prompt is judged by when nobody says what is right.
  ///
  /// Of classes, the loss of the one that the model names; of masked tokens, that of those it would put
  /// in; else the mean next-token loss, of an encoder-decoder that of the decoder's tokens.
  public func naturalObjective<Element: Scalar>(of trace: Trace<Element>) throws -> Objective {
    if plan.head.isOfClasses {
      return .classLoss(Self.best(try classLogits(trace).elements))
    }
    guard !trace.isCausal else { return .nextTokenLoss(trace.prompt) }
    return .loss(
      try trace.prompt.maskPositions.map { position in
        let logits = try logits(trace, positions: position..<position + 1)
        return .init(position: position, id: Self.best(logits.elements))
      })
  }

  private static func best<Element: Scalar>(_ logits: [Element]) -> Int {
    logits.indices.max { (logits[$0], $1) < (logits[$1], $0) } ?? 0
  }
}

extension ScoreFacts {
  /// There is nothing to measure importance by, or the model cannot be run again.
  var lossObstacle: String? { rerunObstacle ?? objectiveObstacle }

  /// There is nothing to measure importance by, or the run cannot be differentiated.
  var slopeObstacle: String? { gradientObstacle ?? objectiveObstacle }

  /// There is no output to compare, or the model cannot be run again.
  var outputObstacle: String? {
    hasOutputHead ? rerunObstacle : "the checkpoint has no output head"
  }

  private var objectiveObstacle: String? {
    if !hasOutputHead { return "the checkpoint has no output head" }
    if hasObjective || plan.head.isOfClasses { return nil }
    if !isCausal {
      return prompt?.maskPositions.isEmpty ?? true
        ? "the model fills in masked tokens, and the prompt has none" : nil
    }
    return needsTokens(2)
  }
}
