import Analysis
import Foundation
import Models
import Synchronization
import Tensors
import Tokenizers

/// Opens models, runs prompts and answers questions behind the screen, on one thread of its own, and
/// answers through the mailbox.
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

  /// What has not been started, and the question that is being answered.
  private struct Waiting {
    var job: Job?
    var questions: [Question] = []
    var generation = 0
    var current: Question?
  }

  private enum Work {
    case run(Job)
    case answer(Question, generation: Int, number: Int)
  }

  private let prepare: @Sendable (Model, Prompt) throws -> Void
  private let stream: StreamName
  private let mailbox: Mailbox<Action>
  private let waiting = Mutex(Waiting())
  /// The number of the newest request or cancellation: work of an older number stops.
  private let newest = Atomic(0)
  private let ready = DispatchSemaphore(value: 0)
  private let unfinished = DispatchGroup()

  /// A service without a model.
  ///
  /// - Parameters:
  ///   - stream: Which part of an encoder-decoder is looked at.
  ///   - prepare: Called on the service's thread before each run; what it throws is reported.
  public init(
    mailbox: Mailbox<Action>, stream: StreamName = .decoder,
    prepare: @escaping @Sendable (Model, Prompt) throws -> Void
  ) {
    self.mailbox = mailbox
    self.stream = stream
    self.prepare = prepare
    let thread = Thread { [self] in serve() }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Opens a model and runs a prompt on it; the model that was open stays when that fails.
  public func open(_ opener: @escaping Opener, request: @escaping Request) {
    submit(opener, request)
  }

  /// Runs a prompt; whatever is under way is given up.
  public func run(_ request: @escaping Request) { submit(nil, request) }

  /// Answers questions about the last run; an analysis that none of them wants makes way.
  public func ask(_ questions: [Question], generation: Int) {
    waiting.withLock { waiting in
      let current = waiting.generation == generation ? waiting.current : nil
      waiting.questions = questions.filter { $0 != current }
      waiting.generation = generation
      // A run that waits has stopped the analysis already; another number would stop the run.
      guard waiting.job == nil, let current, !questions.contains(current) else { return }
      newest.wrappingAdd(1, ordering: .relaxed)
    }
    signal()
  }

  /// Gives up what is under way.
  public func cancel() {
    newest.wrappingAdd(1, ordering: .relaxed)
    waiting.withLock { $0 = Waiting() }
  }

  /// Blocks until everything that was asked for is done, failed or given up.
  public func waitUntilIdle() { unfinished.wait() }

  private func submit(_ opener: Opener?, _ request: @escaping Request) {
    let number = newest.wrappingAdd(1, ordering: .relaxed).newValue
    // A prompt that is typed while a model waits to be opened is meant for that model.
    waiting.withLock {
      $0.job = Job(number: number, opener: opener ?? $0.job?.opener, request: request)
    }
    signal()
  }

  private func signal() {
    unfinished.enter()
    ready.signal()
  }

  private func serve() {
    var current: (open: OpenModel, runs: Runs?)?
    // What failed at the start is tried again with the next run.
    var first: Opener?
    while true {
      ready.wait()
      defer { unfinished.leave() }
      while let work = next() {
        switch work {
        case .answer(let question, let generation, let number):
          guard let open = current?.open, var runs = current?.runs else { continue }
          answer(question, open, &runs, generation: generation, number: number)
          current = (open, runs)
        case .run(let job):
          do {
            if let opener = job.opener ?? (current == nil ? first : nil) {
              first = opener
              let opened = try opener()
              // Kept when another prompt was typed meanwhile, not when the opening was cancelled.
              let isWanted =
                waiting.withLock { $0.job != nil } || isNewest(job.number) || current == nil
              if isWanted { current = (opened, nil) }
            }
            try check(job.number)
            guard let open = current?.open else { continue }
            let (trace, subject) = try run(job, open)
            try check(job.number)
            current = (open, Runs(base: trace))
            mailbox.post(.loaded(subject))
          } catch is CancellationError {
            continue
          } catch {
            mailbox.post(.failed("\(error)"))
          }
        }
      }
    }
  }

  /// A run before any question: its answers would be about the run before.
  private func next() -> Work? {
    waiting.withLock { waiting in
      if let job = waiting.job {
        (waiting.job, waiting.current) = (nil, nil)
        return .run(job)
      }
      waiting.current = waiting.questions.isEmpty ? nil : waiting.questions.removeFirst()
      let number = newest.load(ordering: .relaxed)
      return waiting.current.map { .answer($0, generation: waiting.generation, number: number) }
    }
  }

  private func run(_ job: Job, _ open: OpenModel) throws -> (Trace<Float>, Subject) {
    let prompt = try job.request(open)
    try open.model.check(prompt)
    try prepare(open.model, prompt)
    let whole = try open.model.run(prompt, as: Float.self) { progress in
      try report(job.number, Double(progress.done) / Double(progress.total) * 0.7, "running")
    }
    let trace = try open.model.stream(stream, of: whole)
    let subject = try Subject(open.model, trace, origin: open.origin) { share in
      try self.report(job.number, 0.7 + 0.3 * share, "scoring heads")
    }
    return (trace, subject)
  }

  private func answer(
    _ question: Question, _ open: OpenModel, _ runs: inout Runs, generation: Int, number: Int
  ) {
    let start = ContinuousClock.now
    let report: @Sendable (Double) throws -> Void = { share in
      try self.check(number)
      // What is there at once needs no progress: it would only flicker.
      guard ContinuousClock.now - start > .milliseconds(300) else { return }
      self.mailbox.post(.working(share, question.activity))
    }
    do {
      let trace = try runs.trace(open.model, question.alteration, onProgress: report)
      let answer = try question.answer(open, trace, base: runs.base, onProgress: report)
      mailbox.post(.answered(question, answer, generation: generation))
    } catch is CancellationError {
      return
    } catch {
      mailbox.post(.answered(question, nil, generation: generation, why: "\(error)"))
    }
  }

  private func report(_ number: Int, _ share: Double, _ text: String) throws {
    try check(number)
    mailbox.post(.progress(share, text))
  }

  private func isNewest(_ number: Int) -> Bool { newest.load(ordering: .relaxed) == number }

  private func check(_ number: Int) throws {
    guard isNewest(number) else { throw CancellationError() }
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
    let plan = trace.plan
    self.init(
      model: model.name,
      details: [
        "\(plan.family), \(plan.layers) layers, \(plan.heads) heads, \(plan.kvHeads) KV heads,"
          + " \(plan.dModel) wide"
      ] + model.warnings,
      prompt: trace.prompt.text ?? "", tokens: trace.prompt.tokens, patterns: trace,
      scores: order.map { ScoreTable($0.score, $0.table, seq: trace.seq) }, kvHeads: plan.kvHeads,
      origin: origin, hasAdded: !trace.prompt.added.isEmpty, queries: trace.prompt,
      keys: trace.keyTokens)
  }
}
