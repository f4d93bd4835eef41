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

  /// The newest run of the prompt and of what was written after it, without any change.
  var written: Trace<Float>?

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
  var bytesInMemory: Int {
    let traces = [whole, written].compactMap { $0 } + changed.map(\.trace)
    return traces.reduce(0) { $0 + $1.bytesInMemory }
  }

  /// The longest run without any change that some tokens go on from.
  ///
  /// - Parameter ids: The prompt's and more.
  func beginning(of ids: [Int]) -> Trace<Float> {
    guard let written, written.seq <= ids.count, ids.starts(with: written.prompt.ids) else {
      return whole
    }
    return written
  }

  /// Checks that work on the run fits in beside it.
  ///
  /// - Throws: What is said of it where it does not.
  func check(_ works: [MemoryPlan.Work], _ model: Model) throws {
    let planned = PlannedWork(
      works, holding: bytesInMemory, base: whole.bytesInMemory, isFiled: false)
    _ = try prepare(model, prompt, planned)
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

  /// The run of all parts under a change.
  ///
  /// - Throws: As `trace`.
  mutating func whole(
    _ model: Model, _ alteration: Alteration, onProgress: (Double) throws -> Void
  ) throws -> Trace<Float> {
    try run(model, alteration, onProgress: onProgress)
  }

  private mutating func run(
    _ model: Model, _ alteration: Alteration, onProgress: (Double) throws -> Void
  ) throws -> Trace<Float> {
    guard !alteration.isNone else { return whole }
    if let known = changed.first(where: { $0.alteration == alteration }) { return known.trace }
    // Room is made before it is needed.
    changed.removeFirst(max(0, changed.count + 1 - Self.capacity))
    // With inputs frozen nothing runs again, heads that are knocked out neither: the two scopes never mix.
    let file = alteration.isLocal ? nil : try makeRoom(model)
    let trace = try model.run(
      under: alteration.rules, reach: alteration.isLocal ? .local : .propagated,
      beside: alteration.knockedOut.zeroed, base: whole, keeping: file
    ) {
      try onProgress(Double($0.done) / Double($0.total))
    }
    changed.append((alteration, trace))
    return trace
  }

  /// Forgets changed runs, the oldest first, until another one fits in beside the rest.
  ///
  /// - Returns: The file that is to hold it; nil for where the run without a change is.
  /// - Throws: What `prepare` throws where none is left to forget.
  private mutating func makeRoom(_ model: Model) throws -> KeptFile? {
    while true {
      do {
        return try prepare(model, prompt, PlannedWork(holding: bytesInMemory))
      } catch is ModelError where !changed.isEmpty {
        changed.removeFirst()
      }
    }
  }
}
