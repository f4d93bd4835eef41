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
  /// Opens a model, or maps.
  public typealias Opener = @Sendable () throws -> Opened
  /// What to run on it; may change what prompts are made with from then on.
  public typealias Request = @Sendable (inout OpenModel) throws -> Prompt

  private struct Job {
    let number: Int
    /// Nil to run on the model that is open.
    let opener: Opener?
    let order: Order
  }

  private enum Order {
    case run(Request)
    /// The last prompt again, with these parts of it named; nil leaves the names as they are.
    case again([PromptSpan]?)
  }

  /// What has not been started, what is being run, and the question that is being answered.
  private struct Waiting {
    var job, running: Job?
    var questions: [Question] = []
    var generation = 0
    var current: Question?
    var stream: StreamName
  }

  private enum Work {
    case run(Job)
    case answer(Question, generation: Int, number: Int)
  }

  private let prepare: Preparation
  private let mailbox: Mailbox<Action>
  private let waiting: Mutex<Waiting>
  /// The number of the newest request or cancellation: work of an older number stops.
  private let newest = Atomic(0)
  private let ready = DispatchSemaphore(value: 0)
  private let unfinished = DispatchGroup()

  /// A service without a model.
  ///
  /// - Parameters:
  ///   - stream: Which part of an encoder-decoder is looked at first; another model's own where it has none.
  ///   - prepare: What it throws is reported.
  public init(
    mailbox: Mailbox<Action>, stream: StreamName = .decoder,
    prepare: @escaping Preparation
  ) {
    self.mailbox = mailbox
    self.prepare = prepare
    waiting = Mutex(Waiting(stream: stream))
    let thread = Thread { [self] in serve() }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Opens a model and runs a prompt on it; the model that was open stays when that fails.
  public func open(_ opener: @escaping Opener, request: @escaping Request) {
    submit(opener, .run(request))
  }

  /// Runs a prompt; whatever is under way is given up.
  public func run(_ request: @escaping Request) { submit(nil, .run(request)) }

  /// Shows another part of an encoder-decoder's run.
  public func look(at stream: StreamName) {
    waiting.withLock { $0.stream = stream }
    submit(nil, .again(nil))
  }

  /// Runs the last prompt with other parts of it named.
  public func mark(_ spans: [PromptSpan]) { submit(nil, .again(spans)) }

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
    waiting.withLock { $0 = Waiting(stream: $0.stream) }
  }

  /// Blocks until everything that was asked for is done, failed or given up.
  public func waitUntilIdle() { unfinished.wait() }

  private func submit(_ opener: Opener?, _ order: Order) {
    let number = newest.wrappingAdd(1, ordering: .relaxed).newValue
    waiting.withLock { waiting in
      // A prompt that is typed while a model waits to be opened is meant for that model; what is to be seen
      // again may still be running.
      let pending = waiting.job ?? waiting.running
      let opener = opener ?? waiting.job?.opener
      if case .again = order, let pending {
        waiting.job = Job(number: number, opener: pending.opener, order: pending.order)
      } else {
        waiting.job = Job(number: number, opener: opener, order: order)
      }
    }
    signal()
  }

  private func signal() {
    unfinished.enter()
    ready.signal()
  }

  private func serve() {
    var current: Current?
    // What failed at the start is tried again with the next run.
    var first: Opener?
    while true {
      ready.wait()
      defer { unfinished.leave() }
      while let work = next() {
        switch work {
        case .answer(let question, let generation, let number):
          guard var open = current else { continue }
          answer(question, &open, generation: generation, number: number)
          current = open
        case .run(let job):
          defer { waiting.withLock { if $0.running?.number == job.number { $0.running = nil } } }
          do {
            if let opener = job.opener ?? (current == nil ? first : nil) {
              first = opener
              let opened = try opener()
              // Kept when another prompt was typed meanwhile, not when the opening was cancelled.
              let isWanted =
                waiting.withLock { $0.job != nil } || isNewest(job.number) || current == nil
              if isWanted {
                let named = current?.named
                current = Current(opened)
                current?.named = named
              }
            }
            try check(job.number)
            guard var open = current else { continue }
            let subject = try watched(job.number) { try run(job, &open) }
            current = open
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
        (waiting.running, waiting.job, waiting.current) = (job, nil, nil)
        return .run(job)
      }
      waiting.current = waiting.questions.isEmpty ? nil : waiting.questions.removeFirst()
      let number = newest.load(ordering: .relaxed)
      return waiting.current.map { .answer($0, generation: waiting.generation, number: number) }
    }
  }

  /// What is open, and the run that is looked at.
  private struct Current {
    var opened: Opened
    var runs: Runs?
    /// The prompt whose parts keep their names where another one has the same tokens, also another model's.
    var named: Prompt?
    /// The parts of maps from elsewhere that are named.
    var spans: [PromptSpan] = []

    init(_ opened: Opened) { self.opened = opened }
  }

  private func run(_ job: Job, _ current: inout Current) throws -> Subject {
    let stream = waiting.withLock { $0.stream }
    switch current.opened {
    case .maps(let maps):
      if case .again(let spans?) = job.order { current.spans = spans }
      // There is a first run of maps, too, and no prompt in it.
      if case .run = job.order, job.opener == nil { throw OpenMapsError.noModel(for: "a prompt") }
      return try maps.subject(naming: current.spans) { share in
        try self.report(job.number, share, "scoring heads")
      }
    case .model(var open):
      var runs: Runs
      if case .again(nil) = job.order, let known = current.runs {
        runs = known
      } else {
        runs = try whole(job, &open, current)
        current.named = runs.prompt
      }
      runs.look(at: open.model.streams(for: runs.prompt).contains(stream) ? stream : .decoder)
      let (seen, prompt, name) = (try runs.seen(open.model), runs.prompt, runs.stream)
      (current.runs, current.opened) = (runs, .model(open))
      return try Subject(open.model, seen, origin: open.origin, asked: prompt, stream: name) {
        try self.report(job.number, 0.7 + 0.3 * $0, "scoring heads")
      }
    }
  }

  /// A run of all parts of a model.
  private func whole(_ job: Job, _ open: inout OpenModel, _ current: Current) throws -> Runs {
    let last = current.runs
    var prompt: Prompt
    switch job.order {
    case .run(let request):
      prompt = try request(&open)
      if let named = current.named, named.tokens == prompt.tokens {
        prompt = try prompt.naming(named.spans)
      }
    case .again(let spans):
      guard let last else { throw ModelError.promptEmpty }
      prompt = last.prompt
      if let spans { prompt = try prompt.naming(spans) }
    }
    try open.model.check(prompt)
    let file = try prepare(
      open.model, prompt, PlannedWork(holding: last?.bytesInMemory ?? 0))
    let trace = try open.model.run(prompt, as: Float.self, keeping: file) { progress in
      try report(job.number, Double(progress.done) / Double(progress.total) * 0.7, "running")
    }
    return Runs(base: trace, prompt: prompt, prepare: prepare)
  }

  private func answer(
    _ question: Question, _ current: inout Current, generation: Int, number: Int
  ) {
    let start = ContinuousClock.now
    let report: @Sendable (Double) throws -> Void = { share in
      try self.check(number)
      // What is there at once needs no progress: it would only flicker.
      guard ContinuousClock.now - start > .milliseconds(300) else { return }
      self.mailbox.post(.working(share, question.activity))
    }
    do {
      let answer: Answer
      switch current.opened {
      case .maps(let maps):
        answer = try watched(number) { try question.answer(maps, onProgress: report) }
      case .model(let open):
        guard var runs = current.runs else { return }
        defer { current.runs = runs }
        answer = try watched(number) { try question.answer(open, &runs, onProgress: report) }
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

  /// Does work that stops, in the middle of a layer, when it is of an older number.
  private func watched<Result>(_ number: Int, _ body: () throws -> Result) throws -> Result {
    try Cancellation(when: { [self] in !isNewest(number) }).watch(body)
  }

  private func isNewest(_ number: Int) -> Bool { newest.load(ordering: .relaxed) == number }

  private func check(_ number: Int) throws {
    guard isNewest(number) else { throw CancellationError() }
  }
}
