import Models
import Tensors

/// How a variant's output differs from that of the run it varies; means over positions.
public struct OutputChange: Sendable, Hashable {
  /// How much the loss grows, in nats.
  public let loss: Double
  /// How much the logit of what is right grows: of the token that comes next, the masked one, the class.
  public let logit: Double
  /// How much its probability grows.
  public let probability: Double
  /// How much the share of positions grows at which it is the most probable one.
  public let accuracy: Double
  /// The Jensen–Shannon divergence of the two distributions, in nats; at most ln 2.
  ///
  /// Over all positions of a causal model, the masked ones of another, the one of classes.
  public let divergence: Double
}

extension Model {
  /// How the output of each variant differs from that of a run.
  ///
  /// - Parameters:
  ///   - stream: Which part of the run they change.
  ///   - reference: What is changed there in the run that variants are compared with.
  ///   - objective: A loss, which says what is right; nil for nothing: then only divergences are numbers.
  ///   - others: See `forEachBatch`.
  /// - Throws: What `forEachBatch` and `logits` throw.
  /// - Complexity: Rows of logits are held a block at a time, never those of all variants.
  public func outputChanges<Element: Scalar>(
    of variants: [[Intervention]], in stream: StreamName = .decoder,
    from reference: [Intervention] = [], by objective: Objective?, base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [OutputChange] {
    let places = OutputPlaces(objective, base, self)
    let step = max(1, min(places.positions.count, (8 << 20) / max(1, plan.head.outputCount)))
    var result = [OutputChange?](repeating: nil, count: variants.count)
    let changed =
      reference.isEmpty
      ? base
      : try run(base.wholePrompt, as: Element.self, interventions: reference, in: stream)
    let before = changed.residuals[plan.layers].matrix
    let seq = base.seq
    try forEachBatch(
      of: variants, in: stream, base: base, onProgress: onProgress
    ) { indices, residual in
      var sums = indices.map { _ in OutputSums() }
      for start in stride(from: 0, to: places.positions.count, by: step) {
        let part = start..<min(places.positions.count, start + step)
        let reference = try places.rows(part, before, self)
        for place in indices.indices {
          let own = residual.matrix.rows(place * seq..<(place + 1) * seq)
          sums[place].add(reference, try places.rows(part, own, self))
        }
      }
      for (place, index) in indices.enumerated() {
        result[index] = sums[place].change(positions: places.positions.count)
      }
    }
    return result.compactMap { $0 }
  }

  /// 1 − the cosine between the first token's final vector ([CLS]) with and without each variant's changes.
  ///
  /// - Parameters: See `outputChanges`.
  public func featureChanges<Element: Scalar>(
    of variants: [[Intervention]], in stream: StreamName = .decoder,
    from reference: [Intervention] = [], base: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> [Double] {
    typealias K = Element.PreferredKernels
    var result = [Double](repeating: .nan, count: variants.count + 1)
    let seq = base.seq
    var features: [Tensor<Element>?] = Array(repeating: nil, count: variants.count + 1)
    try forEachBatch(
      of: variants + [reference], in: stream, base: base, onProgress: onProgress
    ) { indices, residual in
      for (place, index) in indices.enumerated() {
        features[index] = normalised(residual.matrix.rows(place * seq..<place * seq + 1))
      }
    }
    guard let own = features[variants.count] else { return result }
    func dot(_ a: Tensor<Element>, _ b: Tensor<Element>) -> Double {
      K.dots(a.matrix, b.matrix).reduce(0, +)
    }
    for (index, feature) in features.enumerated() {
      guard let feature else { continue }
      let product = dot(feature, feature) * dot(own, own)
      result[index] = product > 0 ? max(0, 1 - dot(feature, own) / product.squareRoot()) : .nan
    }
    return Array(result.dropLast())
  }
}

/// Where an output is looked at, and what is right there.
private struct OutputPlaces<Element: Scalar> {
  let positions: [Int]
  let targets: [Int?]
  private let patches: Range<Int>

  init(_ objective: Objective?, _ base: Trace<Element>, _ model: Model) {
    var found: [Int: Int] = [:]
    if case .loss(let targets) = objective {
      for target in targets { found[target.position] = target.id }
    }
    let all = !model.plan.head.isOfClasses && (base.isCausal || found.isEmpty)
    positions =
      model.plan.head.isOfClasses ? [0] : all ? Array(0..<base.seq) : found.keys.sorted()
    targets = positions.map { found[$0] }
    patches = base.prompt.grid?.tokens ?? 0..<0
  }

  /// The output of a run at some of the places.
  func rows(
    _ part: Range<Int>, _ residual: Matrix<Element>, _ model: Model
  ) throws -> OutputRows<Element> {
    let logits: Tensor<Element>
    if model.plan.head.isOfClasses {
      let classes = try model.classLogits(of: residual, patches: patches)
      logits = classes.reshaped([1, classes.count])
    } else {
      logits = try model.logits(of: residual.gathered(Array(positions[part])).matrix)
    }
    return OutputRows(logits, targets: Array(targets[part]))
  }
}

/// Logits of some positions, and what is read off them.
private struct OutputRows<Element: Scalar> {
  let logits: Tensor<Element>
  let logSums: [Double]
  /// Of every position at which something is right.
  let targets: [(logit: Double, logProbability: Double, isBest: Bool)]

  init(_ logits: Tensor<Element>, targets ids: [Int?]) {
    typealias K = Element.PreferredKernels
    self.logits = logits
    let matrix = logits.matrix
    var sums = [Double](repeating: -.infinity, count: ids.count)
    var best = sums
    K.addLogSums(of: matrix, to: &sums)
    K.raise(&best, toMaximaOf: matrix)
    logSums = sums
    targets = ids.enumerated().compactMap { row, id in
      guard let id else { return nil }
      let logit = Double(matrix[row, id])
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
  private var targets = 0

  mutating func add<Element: Scalar>(_ a: OutputRows<Element>, _ b: OutputRows<Element>) {
    divergence += Element.PreferredKernels.divergences(
      a.logits.matrix, b.logits.matrix, logSums: a.logSums, b.logSums
    ).reduce(0, +)
    targets += a.targets.count
    for (before, after) in zip(a.targets, b.targets) {
      loss += before.logProbability - after.logProbability
      logit += after.logit - before.logit
      probability += Double.exp(after.logProbability) - Double.exp(before.logProbability)
      accuracy += (after.isBest ? 1 : 0) - (before.isBest ? 1 : 0)
    }
  }

  func change(positions: Int) -> OutputChange {
    let count = targets > 0 ? Double(targets) : .nan
    return OutputChange(
      loss: loss / count, logit: logit / count, probability: probability / count,
      accuracy: accuracy / count, divergence: divergence / Double(positions))
  }
}
