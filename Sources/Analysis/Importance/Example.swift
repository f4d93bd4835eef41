import Models
import Tensors

/// A prompt, and what a model is judged by on it.
public struct Example: Sendable {
  /// What the model is given.
  public let prompt: Prompt
  /// A loss; nil for what suits the model, see `Model.naturalObjective`.
  public let objective: Objective?
  /// What scores of this prompt are computed under.
  public let options: ScoreOptions

  /// A prompt with what is right on it.
  public init(_ prompt: Prompt, objective: Objective? = nil, options: ScoreOptions = ScoreOptions())
  {
    self.prompt = prompt
    self.objective = objective
    self.options = options
  }

  /// The example with its objective settled; nil when there is nothing to judge by.
  func settled(_ model: Model) throws -> (
    prompt: Prompt, options: ScoreOptions, objective: Objective
  )? {
    try model.check(prompt)
    var settled = options
    if let objective { settled.objective = objective }
    if settled.objective == nil {
      // Only a plain decoder is judged by nothing but its prompt.
      let isPlain = model.plan.encoder == nil && model.plan.isCausal && !model.plan.head.isOfClasses
      settled.objective =
        isPlain
        ? .nextTokenLoss(prompt)
        : try model.naturalObjective(of: model.run(prompt, as: Float.self))
    }
    guard let objective = settled.objective, objective.count > 0 else { return nil }
    return (prompt, settled, objective)
  }
}
