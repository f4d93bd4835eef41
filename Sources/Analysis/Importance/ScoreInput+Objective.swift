import Models
import Tensors

extension ScoreInput {
  /// What importance is measured by: what was asked for; else the class that the model itself names, the
  /// masked tokens that it would put in, or the mean next-token loss.
  ///
  /// - Throws: What the model throws.
  func objective() throws -> Objective {
    if let objective = options.objective { return objective }
    return try model.naturalObjective(of: whole())
  }

  /// What gradients of the objective say about every head.
  func gateImportance() throws -> GateImportance {
    let gradients = try model.gradients(of: objective(), whole()) {
      try onProgress(Double($0.done) / Double($0.total))
    }
    var importance = GateImportance(layers: plan.layers, heads: plan.heads)
    if let own = gradients.stream(stream) { importance.add(own) }
    return importance
  }

  /// A run of all parts without interventions, which sweeps start from, and what they always change in the part
  /// that is scored.
  func sweepBase() throws -> (whole: Trace<Element>, always: [Intervention]) {
    let (whole, always) = (try whole(), try trace().interventions)
    guard !always.isEmpty else { return (whole, []) }
    return (try model.run(whole.wholePrompt, as: Element.self), always)
  }

  /// A table of one number for every head of the part that is scored, in order.
  func table(_ values: [Double]) -> HeadTable { HeadTable(plan, values) }
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
    if hasObjective || outputPlan.head.isOfClasses { return nil }
    if !outputIsCausal {
      return outputPrompt?.maskPositions.isEmpty ?? true
        ? "the model fills in masked tokens, and the prompt has none" : nil
    }
    guard outputPlan != plan else { return needsTokens(2) }
    return (outputPrompt?.seq ?? 0) < 2
      ? "the decoder has one token, this needs 2 or more; give it some with --decoder-ids" : nil
  }
}
