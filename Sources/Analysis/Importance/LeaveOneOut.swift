import Models
import Tensors

/// What taking out single heads does, every head exactly, a layer's heads at once.
enum LeaveOneOut {
  /// How much the objective grows without each head.
  static func lossChanges<Element: Scalar>(
    _ input: ScoreInput<Element>, _ variant: (HeadIndex) -> [Intervention]
  ) throws -> HeadTable {
    let (trace, always) = try input.sweepBase()
    // The run itself goes through the same products as its variants.
    let variants = input.model.plan.allHeads.map { always + variant($0) } + [always]
    let values = try input.model.outcomes(
      of: variants, by: input.objective(), base: trace, onProgress: input.onProgress
    ).map(\.value)
    let base = values[values.count - 1]
    return HeadTable(
      layers: trace.layers, heads: trace.heads, values: values.dropLast().map { $0 - base })
  }

  /// Something about how the output changes without each head.
  static func outputChanges<Element: Scalar>(
    _ input: ScoreInput<Element>, _ value: (OutputChange) -> Double
  ) throws -> HeadTable {
    let (trace, always) = try input.sweepBase()
    let objective: Objective? =
      input.facts.lossObstacle == nil ? try input.objective() : nil
    let changes = try input.model.outputChanges(
      of: input.model.plan.allHeads.map { always + [.zero($0)] }, from: always,
      by: objective, base: trace, onProgress: input.onProgress)
    return HeadTable(layers: trace.layers, heads: trace.heads, values: changes.map(value))
  }
}
