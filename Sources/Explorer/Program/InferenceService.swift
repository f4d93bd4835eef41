import Analysis
import Foundation
import Models
import Synchronization
import Tensors
import Tokenizers

/// Runs prompts and answers questions behind the screen, on one thread of its own, through the mailbox.
///
/// A thread instead of a task: computation would fill the pool that tasks share, and the products'
/// worker threads belong to the thread that starts them.
public final class InferenceService: Sendable {
  /// What to run.
  public typealias Request = @Sendable () throws -> Prompt

  /// What has not been started.
  private struct Waiting {
    var request: Request?
    var questions: [Question] = []
    var generation = 0
    /// The question that is being answered.
    var current: Question?
  }

  /// One piece of work, and the number that it stops being wanted at.
  private enum Job {
    case run(Request, number: Int)
    case answer(Question, generation: Int, number: Int)
  }

  private let model: Model
  private let prepare: @Sendable (Model, Prompt) throws -> Void
  private let mailbox: Mailbox<Action>
  private let waiting = Mutex(Waiting())
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

  /// Runs a prompt; whatever is under way is given up.
  public func run(_ request: @escaping Request) {
    newest.wrappingAdd(1, ordering: .relaxed)
    waiting.withLock { $0.request = request }
    ready.signal()
  }

  /// Answers questions about the last run; an analysis that none of them wants makes way.
  public func ask(_ questions: [Question], generation: Int) {
    waiting.withLock { waiting in
      let current = waiting.generation == generation ? waiting.current : nil
      waiting.questions = questions.filter { $0 != current }
      waiting.generation = generation
      if let current, !questions.contains(current) { newest.wrappingAdd(1, ordering: .relaxed) }
    }
    ready.signal()
  }

  /// Gives up everything.
  public func cancel() {
    newest.wrappingAdd(1, ordering: .relaxed)
    waiting.withLock { $0 = Waiting() }
  }

  private func serve() {
    var trace: Trace<Float>?
    while true {
      guard let job = next() else {
        ready.wait()
        continue
      }
      switch job {
      case .run(let request, let number):
        do {
          let run = try self.trace(request, number)
          let subject = try Subject(model, run) { share in
            try report(number, 0.7 + 0.3 * share, "scoring heads")
          }
          try check(number)
          trace = run
          mailbox.post(.loaded(subject))
        } catch is CancellationError {
          continue
        } catch {
          mailbox.post(.failed("\(error)"))
        }
      case .answer(let question, let generation, let number):
        answer(question, trace, generation: generation, number: number)
      }
    }
  }

  /// A run before any question: its answers would be about the run before.
  private func next() -> Job? {
    waiting.withLock { waiting in
      let number = newest.load(ordering: .relaxed)
      if let request = waiting.request {
        (waiting.request, waiting.current) = (nil, nil)
        return .run(request, number: number)
      }
      waiting.current = waiting.questions.isEmpty ? nil : waiting.questions.removeFirst()
      return waiting.current.map { .answer($0, generation: waiting.generation, number: number) }
    }
  }

  private func trace(_ request: Request, _ number: Int) throws -> Trace<Float> {
    let prompt = try request()
    try model.check(prompt)
    try prepare(model, prompt)
    return try model.run(prompt, as: Float.self) { progress in
      try report(number, Double(progress.done) / Double(progress.total) * 0.7, "running")
    }
  }

  private func answer(
    _ question: Question, _ trace: Trace<Float>?, generation: Int, number: Int
  ) {
    guard let trace else { return }
    let start = ContinuousClock.now
    do {
      let answer = try question.answer(model, trace) { share in
        try check(number)
        // What is there at once needs no progress: it would only flicker.
        guard ContinuousClock.now - start > .milliseconds(300) else { return }
        mailbox.post(.working(share, question.activity))
      }
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

  private func check(_ number: Int) throws {
    guard newest.load(ordering: .relaxed) == number else { throw CancellationError() }
  }
}

extension Subject {
  /// A run as the views need it, its heads scored.
  ///
  /// - Parameter onProgress: Called with a share from 0 to 1; what it throws ends the scoring.
  public init(
    _ model: Model, _ trace: Trace<Float>, onProgress: (Double) throws -> Void = { _ in }
  ) throws {
    let tables = try HeadScores.tables(of: trace, onProgress: onProgress)
    let plan = model.plan
    self.init(
      model: model.name,
      details: [
        "\(plan.family), \(plan.layers) layers, \(plan.heads) heads, \(plan.kvHeads) KV heads,"
          + " \(plan.dModel) wide"
      ] + model.warnings,
      prompt: trace.prompt.text ?? "", tokens: trace.prompt.tokens, patterns: trace,
      scores: zip(HeadScores.all, tables).map { ScoreTable($0, $1, seq: trace.seq) },
      kvHeads: plan.kvHeads)
  }
}
