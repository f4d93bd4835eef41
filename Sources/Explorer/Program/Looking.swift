import Models
import Tensors

extension ExplorerState {
  /// Sees a run, and everything that its view wants to know about it, here and now.
  ///
  /// - Parameters:
  ///   - whole: The run of all parts of the model.
  ///   - prompt: What was run.
  ///   - readPrompts: Reads a file of prompts for a command that wants one, as `Effect.readPrompts` says.
  ///   - onProgress: Called with a share from 0 to 1 of each piece of work; what it throws ends it.
  /// - Throws: `LookingError` for a command that is refused or that does more than look.
  public mutating func see(
    _ open: OpenModel, _ whole: Trace<Float>, _ prompt: Prompt, stream: StreamName,
    readPrompts: (String) -> Action,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    var runs = Runs(base: whole, prompt: prompt, stream: stream, prepare: open.prepare)
    let subject = try Subject(
      open.model, runs.seen(open.model), origin: open.origin, asked: prompt, stream: stream,
      onProgress: onProgress)
    try see(subject, readPrompts) { try $0.answer(open, &runs, onProgress: onProgress) }
  }

  /// Sees maps from elsewhere, as a run.
  public mutating func see(
    _ maps: OpenMaps, naming spans: [PromptSpan] = [],
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    let subject = try maps.subject(naming: spans, onProgress: onProgress)
    func readPrompts(_ file: String) -> Action {
      .failed("\(OpenMapsError.noModel(for: "a prompt of \(file)"))")
    }
    try see(subject, readPrompts) { try $0.answer(maps, onProgress: onProgress) }
  }

  private mutating func see(
    _ subject: Subject, _ readPrompts: (String) -> Action, _ answer: (Question) throws -> Answer
  ) throws {
    var effects = update(&self, .loaded(subject))
    try checkNotice()
    while !effects.isEmpty {
      let wanted = effects
      effects = []
      for effect in wanted {
        switch effect {
        case .ask(let questions, let generation):
          for question in questions {
            effects += update(&self, try hear(question, generation, answer))
          }
        case .readPrompts(let file): effects += update(&self, readPrompts(file))
        case .screen(.bell): break
        default: throw LookingError.noLook
        }
        try checkNotice()
      }
    }
  }

  private func hear(
    _ question: Question, _ generation: Int, _ answer: (Question) throws -> Answer
  ) throws(CancellationError) -> Action {
    do {
      return .answered(question, try answer(question), generation: generation)
    } catch let error as CancellationError {
      throw error
    } catch {
      return .answered(question, nil, generation: generation, why: "\(error)")
    }
  }

  /// What a screen would say about a command is the end here: the picture would be another one.
  private func checkNotice() throws(LookingError) {
    if let notice, notice.isError { throw .refused(notice.text) }
  }
}

/// Why a picture cannot be made as was asked for.
public enum LookingError: Error, Equatable, CustomStringConvertible {
  /// A command was refused, in these words.
  case refused(String)
  /// A command does more than change what is seen.
  case noLook

  /// One line: what was found, what to do.
  public var description: String {
    switch self {
    case .refused(let why): why
    case .noLook:
      "--exec: a picture takes commands that change what is seen; heed explore takes all of them"
    }
  }
}
