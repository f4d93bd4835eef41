import Models
import Tensors

extension ExplorerState {
  /// Sees a run, and everything that its view wants to know about it, here and now.
  ///
  /// - Parameters:
  ///   - whole: The run of all parts of the model.
  ///   - prompt: What was run.
  ///   - onProgress: Called with a share from 0 to 1 of each piece of work; what it throws ends it.
  public mutating func see(
    _ open: OpenModel, _ whole: Trace<Float>, _ prompt: Prompt, stream: StreamName,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    var runs = Runs(base: whole, prompt: prompt, stream: stream, prepare: open.prepare)
    let subject = try Subject(
      open.model, runs.seen(open.model), origin: open.origin, asked: prompt, stream: stream,
      onProgress: onProgress)
    try see(subject) { try $0.answer(open, &runs, onProgress: onProgress) }
  }

  /// Sees maps from elsewhere, as a run.
  public mutating func see(
    _ maps: OpenMaps, naming spans: [PromptSpan] = [],
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    try see(maps.subject(naming: spans, onProgress: onProgress)) {
      try $0.answer(maps, onProgress: onProgress)
    }
  }

  private mutating func see(
    _ subject: Subject, _ answer: (Question) throws -> Answer
  ) throws {
    var effects = update(&self, .loaded(subject))
    while !effects.isEmpty {
      let asked = effects
      effects = []
      for case .ask(let questions, let generation) in asked {
        for question in questions {
          do {
            effects += update(
              &self, .answered(question, try answer(question), generation: generation))
          } catch is CancellationError {
            throw CancellationError()
          } catch {
            effects += update(
              &self, .answered(question, nil, generation: generation, why: "\(error)"))
          }
        }
      }
    }
  }
}
