import Models
import Tensors

/// How a variant's output differs from that of the run it varies; means over positions.
public struct OutputChange: Sendable, Hashable {
  /// How much the next-token loss grows, in nats.
  public let loss: Double
  /// How much the logit of the token that comes next grows.
  public let logit: Double
  /// How much that token's probability grows.
  public let probability: Double
  /// How much the share of positions grows at which that token is the most probable one.
  public let accuracy: Double
  /// The Jensen–Shannon divergence of the two distributions over all positions, in nats; at most ln 2.
  public let divergence: Double
}

extension Model {
  /// How the output of each variant differs from that of a run.
  ///
  /// - Parameters: See `forEachBatch`.
  /// - Throws: What `forEachBatch` and `logits` throw.
  /// - Complexity: Rows of logits are held a block at a time, never those of all variants.
  public func outputChanges<Element: Scalar>(
    of variants: [[Intervention]], base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [OutputChange] {
    let seq = base.seq
    let step = max(1, min(seq, (8 << 20) / max(1, plan.vocabularySize)))
    var result = [OutputChange?](repeating: nil, count: variants.count)
    let reference = base.residuals[plan.layers].matrix
    try forEachBatch(of: variants, base: base, onProgress: onProgress) { indices, residual in
      var sums = indices.map { _ in OutputSums() }
      for start in stride(from: 0, to: seq, by: step) {
        let rows = start..<min(seq, start + step)
        let before = OutputRows(try logits(of: reference.rows(rows)), rows, base.prompt.ids)
        for place in indices.indices {
          let own = place * seq + rows.lowerBound..<place * seq + rows.upperBound
          let after = OutputRows(
            try logits(of: residual.matrix.rows(own)), rows, base.prompt.ids)
          sums[place].add(before, after)
        }
      }
      for (place, index) in indices.enumerated() { result[index] = sums[place].change(seq: seq) }
    }
    return result.compactMap { $0 }
  }
}

/// Logits of some positions, and what is read off them.
private struct OutputRows<Element: Scalar> {
  let logits: Tensor<Element>
  let logSums: [Double]
  /// Of every position that has a token after it.
  let targets: [(logit: Double, logProbability: Double, isBest: Bool)]

  init(_ logits: Tensor<Element>, _ rows: Range<Int>, _ ids: [Int]) {
    typealias K = Element.PreferredKernels
    self.logits = logits
    let matrix = logits.matrix
    var sums = [Double](repeating: -.infinity, count: rows.count)
    var best = sums
    K.addLogSums(of: matrix, to: &sums)
    K.raise(&best, toMaximaOf: matrix)
    logSums = sums
    targets = rows.enumerated().compactMap { row, position in
      guard position + 1 < ids.count else { return nil }
      let logit = Double(matrix[row, ids[position + 1]])
      return (logit, logit - sums[row], logit >= best[row])
    }
  }
}

private struct OutputSums {
  private var loss = 0.0
  private var logit = 0.0
  private var probability = 0.0
  private var accuracy = 0.0
  private var divergence = 0.0

  mutating func add<Element: Scalar>(_ a: OutputRows<Element>, _ b: OutputRows<Element>) {
    divergence += Element.PreferredKernels.divergences(
      a.logits.matrix, b.logits.matrix, logSums: a.logSums, b.logSums
    ).reduce(0, +)
    for (before, after) in zip(a.targets, b.targets) {
      loss += before.logProbability - after.logProbability
      logit += after.logit - before.logit
      probability += Double.exp(after.logProbability) - Double.exp(before.logProbability)
      accuracy += (after.isBest ? 1 : 0) - (before.isBest ? 1 : 0)
    }
  }

  func change(seq: Int) -> OutputChange {
    let pairs = seq > 1 ? Double(seq - 1) : .nan
    return OutputChange(
      loss: loss / pairs, logit: logit / pairs, probability: probability / pairs,
      accuracy: accuracy / pairs, divergence: divergence / Double(seq))
  }
}
