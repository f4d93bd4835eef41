import Models
import Tensors

/// What rules do to a model's predictions, through a new forward pass: a propagated measure.
public struct RuleEffect: Sendable {
  /// A prediction that changed.
  public struct Change: Sendable, Hashable {
    /// After which token; 0 for the classes of a whole prompt.
    public let position: Int
    /// The most probable token's id before, and under the rules.
    public let before, after: Int
  }

  /// −ln p of each next token of the prompt in nats, before and under the rules; empty for attention that sees
  /// both ways, where nothing is predicted from what stands before.
  public let lossesBefore, lossesAfter: [Double]
  /// KL(before ‖ under the rules) of the predictions after each token, in nats.
  public let divergences: [Double]
  /// Predictions whose most probable token changed, first to last.
  public let changes: [Change]
  /// The share of next tokens that are the most probable one, before and under the rules; `.nan` without loss.
  public let accuracyBefore, accuracyAfter: Double

  /// An effect that is known already.
  init(
    losses: (before: [Double], after: [Double]), divergences: [Double], changes: [Change],
    accuracy: (before: Double, after: Double)
  ) {
    (lossesBefore, lossesAfter) = losses
    (self.divergences, self.changes) = (divergences, changes)
    (accuracyBefore, accuracyAfter) = accuracy
  }

  /// The mean loss in nats per token; `.nan` without one.
  public var lossBefore: Double { Self.mean(lossesBefore) }
  /// The mean loss under the rules.
  public var lossAfter: Double { Self.mean(lossesAfter) }
  /// How much the mean loss grows.
  public var lossChange: Double { lossAfter - lossBefore }
  /// The mean divergence in nats.
  public var divergence: Double { Self.mean(divergences) }
  /// The share of predictions whose most probable token changed.
  public var changedShare: Double { Double(changes.count) / Double(max(1, divergences.count)) }

  /// Compares two runs of one prompt.
  ///
  /// - Parameters:
  ///   - before: Without rules.
  ///   - after: Under them.
  ///   - onProgress: Called now and then with a share; what it throws ends the work.
  /// - Throws: What `Model.logits` throws.
  public init<Element: Scalar>(
    _ model: Model, before: Trace<Element>, after: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws {
    let ids = before.prompt.ids
    let isCausal = before.isCausal
    var (losses, other) = ([Double](), [Double]())
    var divergences: [Double] = []
    var changes: [Change] = []
    var (hits, otherHits) = (0, 0)
    // A classifier predicts once, from the whole prompt.
    let isOfClasses = model.plan.head.isOfClasses
    let count = isOfClasses ? 1 : before.seq
    let step = max(1, (4 << 20) / max(1, model.plan.vocabularySize))
    for start in stride(from: 0, to: count, by: step) {
      let positions = start..<min(count, start + step)
      let (a, b) = try Self.logits(model, before, after, isOfClasses ? nil : positions)
      for (row, position) in positions.enumerated() {
        let (p, q) = (Prediction(a.matrix, row), Prediction(b.matrix, row))
        divergences.append(p.divergence(from: q, a.matrix, b.matrix, row))
        if p.top != q.top {
          changes.append(Change(position: position, before: p.top, after: q.top))
        }
        guard isCausal, !isOfClasses, position + 1 < ids.count else { continue }
        let next = ids[position + 1]
        losses.append(p.logSum - a.matrix[row, next])
        other.append(q.logSum - b.matrix[row, next])
        if p.top == next { hits += 1 }
        if q.top == next { otherHits += 1 }
      }
      try onProgress(Double(positions.upperBound) / Double(count))
    }
    lossesBefore = losses
    lossesAfter = other
    self.divergences = divergences
    self.changes = changes
    let predicted = Double(losses.count)
    accuracyBefore = losses.isEmpty ? .nan : Double(hits) / predicted
    accuracyAfter = losses.isEmpty ? .nan : Double(otherHits) / predicted
  }

  /// Both runs' logits, `[positions, vocabulary]`; without positions those of the classes, `[1, classes]`.
  private static func logits<Element: Scalar>(
    _ model: Model, _ before: Trace<Element>, _ after: Trace<Element>, _ positions: Range<Int>?
  ) throws -> (Tensor<Double>, Tensor<Double>) {
    func logits(_ trace: Trace<Element>) throws -> Tensor<Double> {
      guard let positions else {
        let classes = try model.classLogits(trace)
        return classes.reshaped([1, classes.count]).converted(to: Double.self)
      }
      return try model.logits(trace, positions: positions).converted(to: Double.self)
    }
    return (try logits(before), try logits(after))
  }

  private static func mean(_ numbers: [Double]) -> Double {
    numbers.isEmpty ? .nan : numbers.reduce(0, +) / Double(numbers.count)
  }
}

/// The softmax of one row of logits.
private struct Prediction {
  let logSum: Double
  let top: Int

  init(_ logits: Matrix<Double>, _ row: Int) {
    (logSum, top) = logits.withRow(row) { row in
      var (highest, best) = (-Double.infinity, 0)
      for j in row.indices where row[j] > highest { (highest, best) = (row[j], j) }
      var sum = 0.0
      for j in row.indices { sum += Double.exp(row[j] - highest) }
      return (highest + Double.log(sum), best)
    }
  }

  /// Σ p ln(p / q).
  func divergence(
    from other: Prediction, _ a: Matrix<Double>, _ b: Matrix<Double>, _ row: Int
  ) -> Double {
    a.withRow(row) { p in
      b.withRow(row) { q in
        var sum = 0.0
        for j in p.indices {
          let log = p[j] - logSum
          sum += Double.exp(log) * (log - (q[j] - other.logSum))
        }
        // Rounding can leave a trace below zero.
        return max(0, sum)
      }
    }
  }
}
