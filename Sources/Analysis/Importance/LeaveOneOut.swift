import Models
import Tensors

/// What taking out single heads does, every head exactly, a layer's heads at once.
enum LeaveOneOut {
  /// How much the objective grows without each head.
  static func lossChanges<Element: Scalar>(
    _ input: ScoreInput<Element>, _ variant: (HeadIndex) -> [Intervention]
  ) throws -> HeadTable {
    let (whole, always) = try input.sweepBase()
    // The run itself goes through the same products as its variants.
    let variants = input.plan.allHeads.map { always + variant($0) } + [always]
    let values = try input.model.outcomes(
      of: variants, in: input.stream, by: input.objective(), base: whole,
      onProgress: input.onProgress
    ).map(\.value)
    let base = values[values.count - 1]
    return input.table(values.dropLast().map { $0 - base })
  }

  /// Something about how the output changes without each head.
  static func outputChanges<Element: Scalar>(
    _ input: ScoreInput<Element>, _ value: (OutputChange) -> Double
  ) throws -> HeadTable {
    let (whole, always) = try input.sweepBase()
    let objective: Objective? =
      input.facts.lossObstacle == nil ? try input.objective() : nil
    let changes = try input.model.outputChanges(
      of: input.plan.allHeads.map { always + [.zero($0)] }, in: input.stream, from: always,
      by: objective, base: whole, onProgress: input.onProgress)
    return input.table(changes.map(value))
  }
}
