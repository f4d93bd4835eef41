import Tensors

/// The way from the residual stream to logits, a part of the vocabulary at a time: the head is the largest
/// matrix of a model, and all logits of a prompt can be larger still.
struct OutputHead<K: Kernels> {
  private let plan: ModelPlan
  private let weights: Weights
  private let norm: Norm<K>

  /// - Throws: `ModelError.outputHeadMissing`.
  init(_ model: Model) throws(ModelError) {
    guard model.hasOutputHead else { throw .outputHeadMissing(checkpoint: model.name) }
    plan = model.plan
    weights = model.weights
    var reader = WeightReader<K.Element>(weights)
    norm = Norm<K>(plan.finalNorm, &reader)
  }

  /// Ranges that make up the vocabulary, each small enough to be widened at once.
  var parts: [Range<Int>] {
    stride(from: 0, to: plan.vocabularySize, by: 8192).map {
      $0..<min(plan.vocabularySize, $0 + 8192)
    }
  }

  /// The final norm of rows of the residual stream, `[rows, dModel]`.
  func normalised(_ residual: Matrix<K.Element>) -> Tensor<K.Element> {
    norm.applied(to: residual)
  }

  /// The rows of the head's matrix for a part of the vocabulary, `[part, dModel]`.
  func rows(_ part: Range<Int>) -> Tensor<K.Element> {
    guard let rows = weights[plan.output.weight].rows(part).widened(to: K.Element.self) else {
      preconditionFailure("the type of \(plan.output.weight.name) was checked")
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
    K.multiply(x, rows(part).matrix, transposed: true, scale: 1, adding: false, into: target)
  }

  /// An error that names the weight behind logits that are not finite.
  var notFinite: any Error {
    weights.firstNonFinite(among: plan.finalNorm.weights + plan.output.weights)
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
    precondition(residual.rows == targets.count)
    let x = normalised(residual)
    var logSums = [Double](repeating: -.infinity, count: targets.count)
    var chosen = [Double](repeating: 0, count: targets.count)
    for part in parts {
      var logits = Tensor<K.Element>(uninitialized: [targets.count, part.count])
      apply(to: x.matrix, part: part, into: logits.mutableMatrix())
      let matrix = logits.matrix
      K.addLogSums(of: matrix, to: &logSums)
      for (row, id) in targets.enumerated() where part.contains(id) {
        chosen[row] = Double(matrix[row, id - part.lowerBound])
      }
    }
    guard logSums.allSatisfy(\.isFinite) else { throw notFinite }
    return zip(logSums, chosen).map { $0 - $1 }
  }
}
