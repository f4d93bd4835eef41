import Models

extension MemoryPlan.Work {
  /// What is done with a run for the sake of some scores.
  ///
  /// All are planned with what a pass over all maps takes.
  public static func of(_ scores: [any HeadScore.Type]) -> [MemoryPlan.Work] {
    let needs = scores.reduce(into: Set<ScoreNeed>()) { $0.formUnion($1.needs) }
    return [.scores] + (needs.contains(.gradients) ? [.backward] : [])
      + (needs.contains(.ablations) ? [.ablation] : [])
  }
}
