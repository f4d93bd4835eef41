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

  /// The distribution after the prompt, and the mean next-token cross-entropy on it.
  ///
  /// - Returns: `loss` in nats; nil for a prompt of one token.
  /// - Throws: What `Model.logits` throws.
  public static func ofPrompt<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> (last: Distribution, loss: Double?) {
    var sum = 0.0
    var last = Distribution([Element]())
    try model.forEachLogits(trace) { positions, logits in
      for (row, position) in positions.enumerated() {
        let distribution = logits.matrix.withRow(row) { Distribution(Array($0)) }
        if position + 1 < trace.seq {
          sum += distribution.loss(trace.prompt.tokens[position + 1].id)
        } else {
          last = distribution
        }
      }
    }
    return (last, trace.seq > 1 ? sum / Double(trace.seq - 1) : nil)
  }
}
