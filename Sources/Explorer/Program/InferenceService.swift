import Analysis
import Foundation
import Models
import Synchronization
import Tensors
import Tokenizers

/// Runs prompts behind the screen, on one thread of its own, and answers through the mailbox.
///
/// A thread instead of a task: computation would fill the pool that tasks share, and the products'
/// worker threads belong to the thread that starts them.
public final class InferenceService: Sendable {
  /// What to run.
  public typealias Request = @Sendable () throws -> Prompt

  private struct Job {
    let number: Int
    let request: Request
  }

  private let model: Model
  private let prepare: @Sendable (Model, Prompt) throws -> Void
  private let mailbox: Mailbox<Action>
  /// The newest request that has not been started.
  private let waiting = Mutex<Job?>(nil)
  /// The number of the newest request or cancellation: work of an older number stops.
  private let newest = Atomic(0)
  private let ready = DispatchSemaphore(value: 0)

  /// A service for one model.
  ///
  /// - Parameters:
  ///   - prepare: Called on the service's thread before each run; what it throws is reported.
  public init(
    _ model: Model, mailbox: Mailbox<Action>,
    prepare: @escaping @Sendable (Model, Prompt) throws -> Void
  ) {
    self.model = model
    self.mailbox = mailbox
    self.prepare = prepare
    let thread = Thread { [self] in serve() }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Runs a prompt; a run that is under way is given up.
  public func run(_ request: @escaping Request) {
    let number = newest.wrappingAdd(1, ordering: .relaxed).newValue
    waiting.withLock { $0 = Job(number: number, request: request) }
    ready.signal()
  }

  /// Gives up the run that is under way.
  public func cancel() { newest.wrappingAdd(1, ordering: .relaxed) }

  private func serve() {
    while true {
      ready.wait()
      let job = waiting.withLock { job in
        defer { job = nil }
        return job
      }
      guard let job else { continue }
      do {
        let subject = try subject(job)
        try check(job)
        mailbox.post(.loaded(subject))
      } catch is CancellationError {
        continue
      } catch {
        mailbox.post(.failed("\(error)"))
      }
    }
  }

  private func subject(_ job: Job) throws -> Subject {
    let prompt = try job.request()
    try model.check(prompt)
    try prepare(model, prompt)
    let trace = try model.run(prompt, as: Float.self) { progress in
      try report(job, Double(progress.done) / Double(progress.total) * 0.7, "running")
    }
    return try Subject(model, trace) { share in
      try self.report(job, 0.7 + 0.3 * share, "scoring heads")
    }
  }

  private func report(_ job: Job, _ share: Double, _ text: String) throws {
    try check(job)
    mailbox.post(.progress(share, text))
  }

  private func check(_ job: Job) throws {
    guard newest.load(ordering: .relaxed) == job.number else { throw CancellationError() }
  }
}

extension Subject {
  /// A run as the views need it, its heads scored.
  ///
  /// - Parameter onProgress: Called with a share from 0 to 1; what it throws ends the scoring.
  public init(
    _ model: Model, _ trace: Trace<Float>,
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
      scores: order.map { ScoreTable($0.score, $0.table, seq: trace.seq) })
  }
}
