import Tensors

/// What one run comes to by an objective.
public struct RunOutcome: Sendable, Hashable {
  /// The scalar: a loss in nats, or a sum of logits.
  public let value: Double
  /// Of a loss, the share of targets that were the most probable ones; `.nan` for logits.
  public let accuracy: Double

  /// A run without anything to judge it by, such as a prompt of one token.
  public static var undefined: RunOutcome { RunOutcome(value: .nan, accuracy: .nan) }
}

extension OutputHead {
  /// What several runs of one prompt come to.
  ///
  /// - Parameters:
  ///   - residual: Their residual streams after the last block, one run after the other.
  ///   - runs: How many.
  ///   - patches: Which rows of each are patches of an image.
  func outcomes(
    by objective: Objective, _ residual: Matrix<K.Element>, runs: Int, patches: Range<Int>
  ) throws -> [RunOutcome] {
    let (seq, terms) = (residual.rows / runs, objective.terms)
    func mean(_ rows: ArraySlice<(loss: Double, isBest: Bool)>) -> RunOutcome {
      RunOutcome(
        value: rows.reduce(0) { $0 + $1.loss } / Double(rows.count),
        accuracy: Double(rows.count { $0.isBest }) / Double(rows.count))
    }
    if plan.head.isOfClasses {
      return try (0..<runs).map { run in
        let own = residual.rows(run * seq..<(run + 1) * seq)
        let logits = classes(own, patches: patches).matrix.gathered(terms.map { _ in 0 })
        guard objective.isLoss else { return weighted(terms, logits.matrix) }
        return try mean(Self.outcomes(logits.matrix, targets: terms.map(\.target.id), self)[...])
      }
    }
    let rows = residual.gathered(
      (0..<runs).flatMap { run in terms.map { run * seq + $0.target.position } })
    let count = terms.count
    guard objective.isLoss else {
      let x = normalised(rows.matrix)
      var logits = Tensor<K.Element>(uninitialized: [rows.shape[0], plan.head.outputCount])
      for part in parts {
        apply(to: x.matrix, part: part, into: logits.mutableMatrix().columns(part))
      }
      return (0..<runs).map { weighted(terms, logits.matrix.rows($0 * count..<($0 + 1) * count)) }
    }
    let all = try outcomes(
      rows.matrix, targets: (0..<runs).flatMap { _ in terms.map(\.target.id) })
    return (0..<runs).map { mean(all[$0 * count..<($0 + 1) * count]) }
  }

  /// Σ weight · logit, a row for each term.
  private func weighted(_ terms: [Objective.Term], _ logits: Matrix<K.Element>) -> RunOutcome {
    let value = terms.enumerated().reduce(0.0) {
      $0 + $1.element.weight * Double(logits[$1.offset, $1.element.target.id])
    }
    return RunOutcome(value: value, accuracy: .nan)
  }

  /// −ln of the probability of one id for every row of logits, and whether it is the most probable one.
  private static func outcomes(
    _ logits: Matrix<K.Element>, targets: [Int], _ head: OutputHead
  ) throws -> [(loss: Double, isBest: Bool)] {
    var logSums = [Double](repeating: -.infinity, count: targets.count)
    var best = logSums
    K.addLogSums(of: logits, to: &logSums)
    K.raise(&best, toMaximaOf: logits)
    guard logSums.allSatisfy(\.isFinite) else { throw head.notFinite }
    return targets.enumerated().map { row, id in
      let logit = Double(logits[row, id])
      return (logSums[row] - logit, logit >= best[row])
    }
  }
}
