import Models
import Tensors

/// The run that is looked at, and the same run under the changes that were asked about last.
struct Runs {
  /// What was run.
  let prompt: Prompt
  /// The run of all parts, without any change.
  private let whole: Trace<Float>
  /// The part that is looked at.
  private(set) var stream: StreamName
  /// Newest last; runs of all parts.
  private var changed: [(alteration: Alteration, trace: Trace<Float>)] = []

  /// How many changed runs are kept: enough to go back and forth between two.
  static let capacity = 3
  private let prepare: Preparation

  /// A run of all parts of a model.
  ///
  /// - Parameters:
  ///   - prompt: What was run; of an encoder-decoder, what its encoder read.
  ///   - prepare: Called before each changed run.
  init(
    base: Trace<Float>, prompt: Prompt, stream: StreamName = .decoder,
    prepare: @escaping Preparation
  ) {
    (whole, self.prompt, self.stream, self.prepare) = (base, prompt, stream, prepare)
  }

  /// Bytes that the run and its changes hold in memory; what they share counts once for each.
  var bytesInMemory: Int { changed.reduce(whole.bytesInMemory) { $0 + $1.trace.bytesInMemory } }

  /// Looks at another part.
  mutating func look(at stream: StreamName) { self.stream = stream }

  /// The part that is looked at, without any change.
  ///
  /// - Throws: `ModelError.noSuchStream`.
  func seen(_ model: Model) throws -> Trace<Float> { try model.stream(stream, of: whole) }

  /// The part that is looked at, under a change; run from where the change first touches the model.
  ///
  /// - Throws: What a rule misses; what the run and `onProgress` throw.
  mutating func trace(
    _ model: Model, _ alteration: Alteration, onProgress: (Double) throws -> Void
  ) throws -> Trace<Float> {
    try model.stream(stream, of: run(model, alteration, onProgress: onProgress))
  }

  private mutating func run(
    _ model: Model, _ alteration: Alteration, onProgress: (Double) throws -> Void
  ) throws -> Trace<Float> {
    guard !alteration.isNone else { return whole }
    if let known = changed.first(where: { $0.alteration == alteration }) { return known.trace }
    let knockOuts = alteration.knockedOut.sorted().map { Intervention.zero($0) }
    let rules = try model.interventions(alteration.rules, on: whole)
    // With inputs frozen nothing runs again, heads that are knocked out neither: the two scopes never mix.
    let isLocal = alteration.isLocal
    let run = isLocal ? [] : knockOuts + rules
    var trace = whole
    if !run.isEmpty {
      let file = try makeRoom(model)
      trace = try model.run(prompt, interventions: run, reusing: whole, keeping: file) {
        try onProgress(Double($0.done) / Double($0.total))
      }
    }
    if isLocal { trace = trace.freezing(rules) }
    changed.append((alteration, trace))
    if changed.count > Self.capacity { changed.removeFirst() }
    return trace
  }

  /// Forgets changed runs, the oldest first, until another one fits in beside the rest.
  ///
  /// - Returns: The file that is to hold it; nil for where the run without a change is.
  /// - Throws: What `prepare` throws where none is left to forget.
  private mutating func makeRoom(_ model: Model) throws -> KeptFile? {
    while true {
      do {
        return try prepare(model, prompt, bytesInMemory)
      } catch is ModelError where !changed.isEmpty {
        changed.removeFirst()
      }
    }
  }
}
