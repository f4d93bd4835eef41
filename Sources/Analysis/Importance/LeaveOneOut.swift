import Models
import Tensors

/// What taking out single heads does, every head exactly, a layer's heads at once.
enum LeaveOneOut {
  /// How much the loss grows without each head, in nats.
  static func lossChanges<Element: Scalar>(
    _ input: ScoreInput<Element>, _ variant: (HeadIndex) -> [Intervention]
  ) throws -> HeadTable {
    let trace = try input.trace()
    // The run itself goes through the same products as its variants.
    let variants = input.model.plan.allHeads.map(variant) + [[]]
    let losses = try input.model.losses(of: variants, base: trace, onProgress: input.onProgress)
    let base = losses[losses.count - 1]
    return HeadTable(
      layers: trace.layers, heads: trace.heads, values: losses.dropLast().map { $0 - base })
  }

  /// Something about how the output changes without each head.
  static func outputChanges<Element: Scalar>(
    _ input: ScoreInput<Element>, _ value: (OutputChange) -> Double
  ) throws -> HeadTable {
    let trace = try input.trace()
    let changes = try input.model.outputChanges(
      of: input.model.plan.allHeads.map { [.zero($0)] }, base: trace,
      onProgress: input.onProgress)
    return HeadTable(layers: trace.layers, heads: trace.heads, values: changes.map(value))
  }
}

extension ScoreFacts {
  /// There is no next-token loss.
  var lossObstacle: String? {
    if !hasOutputHead { return "the checkpoint has no output head" }
    if !isCausal { return "the loss is that of next tokens, which this model sees" }
    return needsTokens(2)
  }

  /// There is no output to compare.
  var outputObstacle: String? { hasOutputHead ? nil : "the checkpoint has no output head" }
}

extension ScoreInput {
  /// What gradients of the prompt's mean next-token loss say about every head.
  func gateImportance() throws -> GateImportance {
    let trace = try trace()
    let gradients = try model.gradients(of: .nextTokenLoss(trace.prompt), trace) {
      try onProgress(Double($0.done) / Double($0.total))
    }
    var importance = GateImportance(layers: trace.layers, heads: trace.heads)
    importance.add(gradients)
    return importance
  }
}
