import Models

/// The run that is looked at, and the same run under the changes that were asked about last.
struct Runs {
  /// The run without any change.
  let base: Trace<Float>
  /// Newest last.
  private var changed: [(alteration: Alteration, trace: Trace<Float>)] = []

  /// How many changed runs are kept: enough to go back and forth between two.
  static let capacity = 3

  init(base: Trace<Float>) { self.base = base }

  /// The run under a change, starting where the change first touches the model.
  ///
  /// - Throws: What a rule misses; what the run and `onProgress` throw.
  mutating func trace(
    _ model: Model, _ alteration: Alteration, onProgress: (Double) throws -> Void
  ) throws -> Trace<Float> {
    guard !alteration.isNone else { return base }
    if let known = changed.first(where: { $0.alteration == alteration }) { return known.trace }
    let knockOuts = alteration.knockedOut.sorted().map { Intervention.zero($0) }
    let rules = try model.interventions(alteration.rules, on: base)
    let isLocal = alteration.reach == .local
    let run = knockOuts + (isLocal ? [] : rules)
    var trace = base
    if !run.isEmpty {
      trace = try model.run(base.prompt, interventions: run, reusing: base) {
        try onProgress(Double($0.done) / Double($0.total))
      }
    }
    if isLocal, !rules.isEmpty { trace = trace.freezing(rules) }
    changed.append((alteration, trace))
    if changed.count > Self.capacity { changed.removeFirst() }
    return trace
  }
}
