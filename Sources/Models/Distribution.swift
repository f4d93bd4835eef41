import Tensors

/// A probability for every token of the vocabulary.
public struct Distribution: Sendable {
  /// One token and how probable it is.
  public struct Candidate: Sendable, Hashable {
    /// Its id.
    public let id: Int
    /// From 0 to 1.
    public let probability: Double
    /// The model's output for it.
    public let logit: Double
  }

  private let logits: [Double]
  /// ln Σ exp(logit).
  private let logSum: Double

  /// The softmax of some logits.
  init<Element: Scalar>(_ logits: [Element]) {
    self.logits = logits.map(Double.init)
    let highest = self.logits.max() ?? 0
    logSum = highest + Double.log(self.logits.reduce(0) { $0 + Double.exp($1 - highest) })
  }

  /// −ln of a token's probability, in nats.
  public func loss(_ id: Int) -> Double { logSum - logits[id] }

  /// The most probable tokens, the most probable first; equal ones by id.
  public func top(_ count: Int) -> [Candidate] {
    let order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
    return order.prefix(count).map {
      Candidate(id: $0, probability: Double.exp(logits[$0] - logSum), logit: logits[$0])
    }
  }

  /// The distribution over the classes that the whole prompt may belong to.
  ///
  /// - Parameter layer: Before which block the residual stream is read off; nil for the model's own answer.
  /// - Throws: What `Model.classLogits` throws.
  public static func ofClasses<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, layer: Int? = nil
  ) throws -> Distribution {
    let logits = try model.classLogits(
      of: trace.residuals[layer ?? model.plan.layers].matrix,
      patches: trace.prompt.grid?.tokens ?? 0..<0)
    return Distribution(logits.converted(to: Double.self).elements)
  }

  /// What a model says of a prompt: its classes, tokens in the place of the first masked one, or what comes
  /// next.
  ///
  /// - Throws: What `Model.logits` throws.
  public static func ofOutput<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> Distribution {
    if model.plan.head.isOfClasses { return try ofClasses(model, trace) }
    let masked = trace.isCausal ? nil : trace.prompt.maskPositions.first
    return try model.distribution(trace, position: masked ?? trace.seq - 1)
  }

  /// The distribution after the prompt, and the mean next-token cross-entropy on it.
  ///
  /// - Returns: `loss` in nats; nil for a prompt of one token.
  /// - Throws: What `Model.logits` throws.
  public static func ofPrompt<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> (last: Distribution, loss: Double?) {
    let losses = try model.losses(trace)
    let last = try model.distribution(trace, position: trace.seq - 1)
    return (last, losses.isEmpty ? nil : losses.reduce(0, +) / Double(losses.count))
  }
}

extension Model {
  /// What is expected after a position.
  ///
  /// - Parameters:
  ///   - trace: A run of this model.
  ///   - layer: Before which block the residual stream is read off; nil for the model's own prediction,
  ///     after the last. An earlier one gives the logit lens: final norm and output head at once.
  ///   - position: Within `0..<trace.seq`.
  /// - Throws: What `logits` throws.
  public func distribution<Element: Scalar>(
    _ trace: Trace<Element>, layer: Int? = nil, position: Int
  ) throws -> Distribution {
    let residual = trace.residuals[layer ?? plan.layers].matrix.rows(position..<position + 1)
    return Distribution(try logits(of: residual).converted(to: Double.self).elements)
  }
}
