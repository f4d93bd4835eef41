import Models
import Tensors

extension ExplorerState {
  /// Sees a run, and everything that its view wants to know about it, here and now.
  ///
  /// - Parameter onProgress: Called with a share from 0 to 1 of each question; what it throws ends the
  ///   work.
  public mutating func see(
    _ subject: Subject, _ open: OpenModel, _ base: Trace<Float>,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    var runs = Runs(base: base)
    var effects = update(&self, .loaded(subject))
    while !effects.isEmpty {
      let asked = effects
      effects = []
      for case .ask(let questions, let generation) in asked {
        for question in questions {
          do {
            let trace = try runs.trace(open.model, question.alteration, onProgress: onProgress)
            let answer = try question.answer(open, trace, base: base, onProgress: onProgress)
            effects += update(&self, .answered(question, answer, generation: generation))
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
