import Models
import Tensors

/// The run that is looked at, and the same run under the changes that were asked about last.
struct Runs {
  /// What was run.
  let prompt: Prompt
  /// The run of all parts, without any change.
  let whole: Trace<Float>
  /// The part that is looked at.
  private(set) var stream: StreamName
  /// Newest last; runs of all parts.
  private var changed: [(alteration: Alteration, trace: Trace<Float>)] = []

  /// Bytes that they may take together; nil for no limit.
  private let budget: Int?

  /// How many changed runs are kept at most: enough to go back and forth between two.
  static let capacity = 3

  /// A run of all parts of a model.
  ///
  /// - Parameters:
  ///   - prompt: What was run; of an encoder-decoder, what its encoder read.
  ///   - budget: Bytes for changed runs; one of them is kept whatever it takes.
  init(
    base: Trace<Float>, prompt: Prompt, stream: StreamName = .decoder, budget: Int? = nil
  ) {
    (whole, self.prompt, self.stream, self.budget) = (base, prompt, stream, budget)
  }

  /// How many changed runs are kept.
  var capacity: Int {
    let size = max(1, whole.byteCount)
    return (budget.map { $0 / size } ?? Self.capacity).clamped(to: 1...Self.capacity)
  }

  /// Looks at another part.
  mutating func look(at stream: StreamName) { self.stream = stream }

  /// The part that is looked at, without any change.
  ///
  /// - Throws: `ModelError.noSuchStream`.
  func seen(_ model: Model) throws -> Trace<Float> { try model.stream(stream, of: whole) }

  /// The part that is looked at, under a change; run from where the change first touches the model.
  ///
  /// - Parameter part: Another part; nil for the one that is looked at.
  /// - Throws: What a rule misses; what the run and `onProgress` throw.
  mutating func trace(
    _ model: Model, _ alteration: Alteration, of part: StreamName? = nil,
    onProgress: (Double) throws -> Void
  ) throws -> Trace<Float> {
    try model.stream(part ?? stream, of: run(model, alteration, onProgress: onProgress))
  }

  private mutating func run(
    _ model: Model, _ alteration: Alteration, onProgress: (Double) throws -> Void
  ) throws -> Trace<Float> {
    guard !alteration.isNone else { return whole }
    if let known = changed.first(where: { $0.alteration == alteration }) { return known.trace }
    // Room is made before it is needed.
    changed.removeFirst(max(0, changed.count + 1 - capacity))
    let knockOuts = alteration.knockedOut.sorted().map { Intervention.zero($0) }
    let rules = try model.interventions(alteration.rules, on: whole)
    // With inputs frozen nothing runs again, heads that are knocked out neither: the two scopes never mix.
    let isLocal = alteration.isLocal
    let run = isLocal ? [] : knockOuts + rules
    var trace = whole
    if !run.isEmpty {
      trace = try model.run(prompt, interventions: run, reusing: whole) {
        try onProgress(Double($0.done) / Double($0.total))
      }
    }
    if isLocal { trace = trace.freezing(rules) }
    changed.append((alteration, trace))
    return trace
  }
}
