import Analysis
import Foundation
import Models
import Synchronization
import Tensors
import Tokenizers

/// Opens models and runs prompts behind the screen, on one thread of its own, and answers through the
/// mailbox.
///
/// A thread instead of a task: computation would fill the pool that tasks share, and the products'
/// worker threads belong to the thread that starts them.
public final class InferenceService: Sendable {
  /// Opens a model.
  public typealias Opener = @Sendable () throws -> OpenModel
  /// What to run on it.
  public typealias Request = @Sendable (OpenModel) throws -> Prompt

  private struct Job {
    let number: Int
    /// Nil to run on the model that is open.
    let opener: Opener?
    let request: Request
  }

  private let prepare: @Sendable (Model, Prompt) throws -> Void
  private let mailbox: Mailbox<Action>
  /// The newest request that has not been started.
  private let waiting = Mutex<Job?>(nil)
  /// The number of the newest request or cancellation: work of an older number stops.
  private let newest = Atomic(0)
  private let ready = DispatchSemaphore(value: 0)
  private let unfinished = DispatchGroup()

  /// A service without a model.
  ///
  /// - Parameter prepare: Called on the service's thread before each run; what it throws is reported.
  public init(
    mailbox: Mailbox<Action>, prepare: @escaping @Sendable (Model, Prompt) throws -> Void
  ) {
    self.mailbox = mailbox
    self.prepare = prepare
    let thread = Thread { [self] in serve() }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Opens a model and runs a prompt on it; the model that was open stays when that fails.
  public func open(_ opener: @escaping Opener, request: @escaping Request) {
    submit(opener, request)
  }

  /// Runs a prompt; a run that is under way is given up.
  public func run(_ request: @escaping Request) { submit(nil, request) }

  /// Gives up what is under way.
  public func cancel() {
    newest.wrappingAdd(1, ordering: .relaxed)
    waiting.withLock { $0 = nil }
  }

  /// Blocks until everything that was asked for is done, failed or given up.
  public func waitUntilIdle() { unfinished.wait() }

  private func submit(_ opener: Opener?, _ request: @escaping Request) {
    let number = newest.wrappingAdd(1, ordering: .relaxed).newValue
    // A prompt that is typed while a model waits to be opened is meant for that model.
    waiting.withLock { $0 = Job(number: number, opener: opener ?? $0?.opener, request: request) }
    unfinished.enter()
    ready.signal()
  }

  private func serve() {
    var current: OpenModel?
    // What failed at the start is tried again with the next run.
    var first: Opener?
    while true {
      ready.wait()
      defer { unfinished.leave() }
      let job = waiting.withLock { job in
        defer { job = nil }
        return job
      }
      guard let job else { continue }
      do {
        if let opener = job.opener ?? (current == nil ? first : nil) {
          first = opener
          let opened = try opener()
          // Kept when another prompt was typed meanwhile, not when the opening was cancelled.
          let isWanted = waiting.withLock { $0 != nil } || isNewest(job) || current == nil
          if isWanted { current = opened }
        }
        try check(job)
        guard let current else { continue }
        let subject = try subject(job, current)
        try check(job)
        mailbox.post(.loaded(subject))
      } catch is CancellationError {
        continue
      } catch {
        mailbox.post(.failed("\(error)"))
      }
    }
  }

  private func subject(_ job: Job, _ open: OpenModel) throws -> Subject {
    let prompt = try job.request(open)
    try open.model.check(prompt)
    try prepare(open.model, prompt)
    let trace = try open.model.run(prompt, as: Float.self) { progress in
      try report(job, Double(progress.done) / Double(progress.total) * 0.7, "running")
    }
    return try Subject(open.model, trace, origin: open.origin) { share in
      try self.report(job, 0.7 + 0.3 * share, "scoring heads")
    }
  }

  private func report(_ job: Job, _ share: Double, _ text: String) throws {
    try check(job)
    mailbox.post(.progress(share, text))
  }

  private func isNewest(_ job: Job) -> Bool { newest.load(ordering: .relaxed) == job.number }

  private func check(_ job: Job) throws {
    guard isNewest(job) else { throw CancellationError() }
  }
}

extension Subject {
  /// A run as the views need it, its heads scored.
  ///
  /// - Parameter onProgress: Called with a share from 0 to 1; what it throws ends the scoring.
  public init(
    _ model: Model, _ trace: Trace<Float>, origin: Origin? = nil,
    onProgress: @escaping @Sendable (Double) throws -> Void = { _ in }
  ) throws {
    let results = try HeadScores.results(
      HeadScores.ofMaps, of: ScoreInput(model, trace, onProgress: onProgress))
    let applicable = results.filter { $0.reason == nil }
    // Entropy leads: it is defined for every prompt.
    let order =
      applicable.filter { $0.score.name == "entropy" }
      + applicable.filter { $0.score.name != "entropy" }
    let plan = model.plan
    self.init(
      model: model.name,
      details: [
        "\(plan.family), \(plan.layers) layers, \(plan.heads) heads, \(plan.kvHeads) KV heads,"
          + " \(plan.dModel) wide"
      ] + model.warnings,
      prompt: trace.prompt.text ?? "", tokens: trace.prompt.tokens, patterns: trace,
      scores: order.map { ScoreTable($0.score, $0.table, seq: trace.seq) },
      origin: origin, hasAdded: !trace.prompt.added.isEmpty)
  }
}
