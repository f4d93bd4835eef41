import Models
import Tensors

/// What a run expects after every position.
public struct Predictions: Sendable {
  /// A token and how probable it is.
  public struct Guess: Sendable, Hashable {
    /// Its id.
    public let id: Int
    /// From 0 to 1.
    public let probability: Double

    /// A guess.
    public init(id: Int, probability: Double) {
      self.id = id
      self.probability = probability
    }
  }

  /// The most probable token after each position, of a model that sees both ways the one in its place; of a
  /// classifier one guess, the class of the whole prompt.
  public let best: [Guess]
  /// −ln of the probability of the token that follows, in nats: one for each position but the last; none for a
  /// model that predicts no next token.
  public let losses: [Double]
  /// Whether the guess is a class.
  public let isOfClasses: Bool

  /// The mean loss in nats; `.nan` for a prompt of one token.
  public var loss: Double {
    losses.isEmpty ? .nan : losses.reduce(0, +) / Double(losses.count)
  }

  /// Guesses and losses.
  public init(best: [Guess], losses: [Double], isOfClasses: Bool = false) {
    self.best = best
    self.losses = losses
    self.isOfClasses = isOfClasses
  }

  /// Those of a run.
  ///
  /// - Parameter onProgress: Called now and then with a share from 0 to 1; what it throws ends the work.
  /// - Throws: What `Model.logits` throws.
  /// - Complexity: O(seq × dModel × vocabulary) time; a block of logits in memory.
  public init(
    _ model: Model, _ trace: Trace<Float>, onProgress: (Double) throws -> Void = { _ in }
  ) throws {
    guard !model.plan.head.isOfClasses else {
      let top = try Distribution.ofClasses(model, trace).top(1)
      self.init(
        best: top.map { Guess(id: $0.id, probability: $0.probability) }, losses: [],
        isOfClasses: true)
      return
    }
    let predictsNext = trace.plan.isCausal
    var (best, losses): ([Guess], [Double]) = ([], [])
    try model.forEachLogits(trace) { positions, logits in
      for (row, position) in positions.enumerated() {
        let next =
          predictsNext && position + 1 < trace.seq ? trace.prompt.tokens[position + 1].id : nil
        logits.matrix.withRow(row) { row in
          let (guess, loss) = Self.read(row, next)
          best.append(guess)
          if let loss { losses.append(loss) }
        }
      }
      try onProgress(Double(positions.upperBound) / Double(trace.seq))
    }
    self.init(best: best, losses: losses)
  }

  /// The best token of some logits, the first of equals, and the loss of another.
  private static func read(
    _ logits: UnsafeBufferPointer<Float>, _ next: Int?
  ) -> (Guess, Double?) {
    var best = 0
    for id in logits.indices where logits[id] > logits[best] { best = id }
    let highest = Double(logits[best])
    var sum = 0.0
    for logit in logits { sum += Double.exp(Double(logit) - highest) }
    let loss = next.map { highest + Double.log(sum) - Double(logits[$0]) }
    return (Guess(id: best, probability: 1 / sum), loss)
  }
}
