import Synchronization
import Tensors

/// The way from the residual stream to logits, a part of the vocabulary at a time: the head is the largest
/// matrix of a model, and all logits of a prompt can be larger still.
struct OutputHead<K: Kernels> {
  let plan: ModelPlan
  let weights: Weights
  let norm: Norm<K>?
  let projection: Linear<K>?
  let projectionNorm: Norm<K>?
  private let bias: Matrix<K.Element>?

  /// - Throws: `ModelError.outputHeadMissing`.
  init(_ model: Model) throws(ModelError) {
    guard model.hasOutputHead else { throw .outputHeadMissing(checkpoint: model.name) }
    plan = model.plan
    weights = model.weights
    var reader = WeightReader<K>(weights)
    norm = plan.head.norm.map { Norm($0, width: model.plan.dModel, &reader) }
    projection = plan.head.projection.map { Linear($0, &reader) }
    let width = plan.head.projection?.outputs.count ?? plan.dModel
    projectionNorm = plan.head.projectionNorm.map { Norm($0, width: width, &reader) }
    bias = plan.head.linear.bias.map { reader.tensor($0).matrix }
  }

  /// Ranges that make up the vocabulary, each small enough to be widened at once.
  var parts: [Range<Int>] {
    stride(from: 0, to: plan.head.outputCount, by: 8192).map {
      $0..<min(plan.head.outputCount, $0 + 8192)
    }
  }

  /// What the head's matrix reads of rows of the residual stream, `[rows, width]`: their final norm and what
  /// follows it.
  func normalised(_ residual: Matrix<K.Element>) -> Tensor<K.Element> {
    projected(norm?.applied(to: residual) ?? residual.copied)
  }

  /// What follows the final norm.
  private func projected(_ x: Tensor<K.Element>) -> Tensor<K.Element> {
    guard let projection else { return x }
    var result = squashed(projection.applied(to: x.matrix))
    projectionNorm?.apply(to: result.mutableMatrix())
    return result
  }

  /// What follows the projection.
  func squashed(_ x: Tensor<K.Element>) -> Tensor<K.Element> {
    var result = x
    switch plan.head.squash {
    case .activation(let activation): K.activate(result.mutableMatrix(), activation)
    // 1 · tanh(x / 1).
    case .tanh: K.cap(result.mutableMatrix(), at: 1)
    case nil: break
    }
    return result
  }

  /// The logits of the classes of a whole prompt, `[1, classes]`.
  ///
  /// - Parameters:
  ///   - residual: After the last block, `[seq, dModel]`.
  ///   - patches: Which rows are patches of an image; none for a text.
  func classes(_ residual: Matrix<K.Element>, patches: Range<Int>) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [1, plan.head.outputCount])
    let target = result.mutableMatrix()
    let x = norm?.applied(to: residual) ?? residual.copied
    let first = x.matrix.rows(0..<1)
    let all = 0..<plan.head.outputCount
    switch plan.head.reading {
    case .everyToken, .first: apply(to: projected(first.copied).matrix, part: all, into: target)
    case .firstAndMean:
      var both = Tensor<K.Element>(repeating: 0, shape: [1, 2 * x.matrix.columns])
      let joined = both.mutableMatrix()
      joined.columns(0..<first.columns).copy(from: first)
      let mean = joined.columns(first.columns..<joined.columns)
      for row in patches {
        K.add(x.matrix.rows(row..<row + 1), scale: 1 / K.Element(patches.count), to: mean)
      }
      apply(to: both.matrix, part: all, into: target)
    case .firstTwo(let second):
      apply(to: first, part: all, into: target)
      var reader = WeightReader<K>(weights)
      Linear<K>(second, &reader).apply(to: x.matrix.rows(1..<2), adding: true, into: target)
      K.scale(target, by: 0.5)
    }
    return result
  }

  /// The rows of the head's matrix for a part of the vocabulary, `[part, width]`.
  func rows(_ part: Range<Int>) -> Tensor<K.Weight> {
    guard let rows = weights[plan.head.linear.weight].rows(part).widened(to: K.Weight.self) else {
      preconditionFailure("the type of \(plan.head.linear.weight.name) was checked")
    }
    return rows
  }

  /// The logits of a part of the vocabulary.
  ///
  /// - Parameters:
  ///   - x: What `normalised` gave, `[rows, dModel]`.
  ///   - part: Which ids.
  ///   - target: `[rows, part]`.
  func apply(
    to x: Matrix<K.Element>, part: Range<Int>, into target: MutableMatrix<K.Element>
  ) {
    apply(to: x, rows(part).matrix, part: part, into: target)
  }

  /// The same with the part's rows of the matrix at hand.
  private func apply(
    to x: Matrix<K.Element>, _ weights: Matrix<K.Weight>, part: Range<Int>,
    into target: MutableMatrix<K.Element>
  ) {
    K.linear(
      x, weights, transposed: true, bias: bias?.columns(part), activation: nil, adding: false,
      into: target)
    if plan.head.scale != 1 { K.scale(target, by: K.Element(plan.head.scale)) }
    if let cap = plan.head.cap { K.cap(target, at: K.Element(cap)) }
  }

  /// An error that names the weight behind logits that are not finite.
  var notFinite: any Error {
    weights.firstNonFinite(among: (plan.head.norm?.weights ?? []) + plan.head.weights)
      ?? ModelError.residualNotFinite(checkpoint: weights.checkpoint, block: plan.layers)
  }
}

extension OutputHead {
  /// −ln of the probability of one token for every row, in nats, without holding all logits.
  ///
  /// - Parameters:
  ///   - residual: After the last block, `[rows, dModel]`.
  ///   - targets: One id for each row.
  func losses(_ residual: Matrix<K.Element>, targets: [Int]) throws -> [Double] {
    try outcomes(residual, targets: targets).map(\.loss)
  }

  /// The same, with whether each token is the most probable one.
  func outcomes(
    _ residual: Matrix<K.Element>, targets: [Int]
  ) throws -> [(loss: Double, isBest: Bool)] {
    precondition(residual.rows == targets.count)
    let x = normalised(residual).matrix
    let found = Mutex<[Int: ReadRows]>([:])
    for part in parts {
      try Cancellation.check()
      let weights = rows(part)
      Slices.forEach(targets.count) { slice in
        var own =
          found.withLock { $0.removeValue(forKey: slice.lowerBound) }
          ?? ReadRows(targets: Array(targets[slice]))
        // Logits are read while they are in the cache, and never lie side by side.
        for start in stride(from: part.lowerBound, to: part.upperBound, by: 1024) {
          let columns = start..<min(part.upperBound, start + 1024)
          let place = start - part.lowerBound..<columns.upperBound - part.lowerBound
          var logits = Tensor<K.Element>(uninitialized: [slice.count, columns.count])
          apply(
            to: x.rows(slice), weights.matrix.rows(place), part: columns,
            into: logits.mutableMatrix())
          own.add(logits.matrix, ids: columns, K.self)
        }
        let read = own
        found.withLock { $0[slice.lowerBound] = read }
      }
    }
    // Slices that were left out have no outcomes.
    try Cancellation.check()
    let all = found.withLock { $0 }.sorted { $0.key < $1.key }.flatMap(\.value.outcomes)
    guard all.allSatisfy(\.loss.isFinite) else { throw notFinite }
    return all
  }
}

/// What is read off rows of logits, some ids at a time.
private struct ReadRows: Sendable {
  private let targets: [Int]
  private var logSums, best, chosen: [Double]

  init(targets: [Int]) {
    self.targets = targets
    logSums = Array(repeating: -.infinity, count: targets.count)
    best = logSums
    chosen = logSums
  }

  mutating func add<K: Kernels>(_ logits: Matrix<K.Element>, ids: Range<Int>, _: K.Type) {
    K.addLogSums(of: logits, to: &logSums)
    K.raise(&best, toMaximaOf: logits)
    for (row, id) in targets.enumerated() where ids.contains(id) {
      chosen[row] = Double(logits[row, id - ids.lowerBound])
    }
  }

  /// −ln of each target's probability, and whether it is the most probable one.
  var outcomes: [(loss: Double, isBest: Bool)] {
    targets.indices.map { (logSums[$0] - chosen[$0], chosen[$0] >= best[$0]) }
  }
}
