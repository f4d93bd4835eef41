import Tensors

/// The way from the residual stream to logits, a part of the vocabulary at a time: the head is the largest
/// matrix of a model, and all logits of a prompt can be larger still.
struct OutputHead<K: Kernels> {
  let plan: ModelPlan
  private let weights: Weights
  let norm: Norm<K>?
  let projection: Linear<K>?
  private let bias: Matrix<K.Element>?

  /// - Throws: `ModelError.outputHeadMissing`.
  init(_ model: Model) throws(ModelError) {
    guard model.hasOutputHead else { throw .outputHeadMissing(checkpoint: model.name) }
    plan = model.plan
    weights = model.weights
    var reader = WeightReader<K>(weights)
    norm = plan.head.norm.map { Norm($0, width: model.plan.dModel, &reader) }
    projection = plan.head.projection.map { Linear($0, &reader) }
    bias = plan.head.linear.bias.map { reader.tensor($0).matrix }
  }

  /// Ranges that make up the vocabulary, each small enough to be widened at once.
  var parts: [Range<Int>] {
    stride(from: 0, to: plan.vocabularySize, by: 8192).map {
      $0..<min(plan.vocabularySize, $0 + 8192)
    }
  }

  /// What the head's matrix reads of rows of the residual stream: their final norm, `[rows, width]`.
  func normalised(_ residual: Matrix<K.Element>) -> Tensor<K.Element> {
    let normalised = norm?.applied(to: residual) ?? residual.copied
    return projection?.applied(to: normalised.matrix) ?? normalised
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
    K.linear(
      x, rows(part).matrix, transposed: true, bias: bias?.columns(part), activation: nil,
      adding: false, into: target)
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
    let x = normalised(residual)
    var logSums = [Double](repeating: -.infinity, count: targets.count)
    var best = logSums
    var chosen = [Double](repeating: 0, count: targets.count)
    for part in parts {
      var logits = Tensor<K.Element>(uninitialized: [targets.count, part.count])
      apply(to: x.matrix, part: part, into: logits.mutableMatrix())
      let matrix = logits.matrix
      K.addLogSums(of: matrix, to: &logSums)
      K.raise(&best, toMaximaOf: matrix)
      for (row, id) in targets.enumerated() where part.contains(id) {
        chosen[row] = Double(matrix[row, id - part.lowerBound])
      }
    }
    guard logSums.allSatisfy(\.isFinite) else { throw notFinite }
    return targets.indices.map { (logSums[$0] - chosen[$0], chosen[$0] >= best[$0]) }
  }
}
