import Tensors

/// The second half of a block, with its weights at hand.
struct MLPHalf<K: Kernels>: Sendable {
  /// Some rows of a block.
  struct Rows {
    /// The residual stream as it enters the block, and between its halves.
    let entering, middle: Matrix<K.Element>
    /// Of what leaves the block; becomes that of `middle`.
    let gradient: MutableMatrix<K.Element>
    /// Takes what belongs to `entering`.
    let extra: MutableMatrix<K.Element>
  }

  let norm: Norm<K>?
  let mlp: MLP<K>?
  let experts: Experts<K>?
  let addition: Addition<K>
  let isParallel: Bool

  init(_ block: BlockPlan, width: Int, _ weights: inout WeightReader<K>) {
    norm = block.mlpNorms.input.map { Norm($0, width: width, &weights) }
    mlp = MLP(block.mlp, &weights)
    if case .experts(let plan) = block.mlp {
      experts = Experts(plan, &weights)
    } else {
      experts = nil
    }
    addition = Addition(block.mlpNorms, scale: block.residualScale, width: width, &weights)
    isParallel = block.isParallel
  }

  /// Back through an MLP that every token passes through.
  func differentiate(_ rows: Rows) {
    guard let mlp else { return }
    differentiate(rows) { read, part in
      mlp.apply(to: read, adding: false, into: part)
    } back: { read, gradient, result in
      mlp.addGradient(read, gradient, to: result)
    }
  }

  /// Back through experts.
  func differentiate(_ rows: Rows, _ weights: inout WeightReader<K>) {
    guard let experts else { return }
    differentiate(rows) { read, part in
      experts.apply(to: read, adding: false, into: part, &weights)
    } back: { read, gradient, result in
      experts.addGradient(read, gradient, to: result, &weights)
    }
  }

  private func differentiate(
    _ rows: Rows, forward: (Matrix<K.Element>, MutableMatrix<K.Element>) -> Void,
    back: (Matrix<K.Element>, Matrix<K.Element>, MutableMatrix<K.Element>) -> Void
  ) {
    let x = isParallel ? rows.entering : rows.middle
    let read = norm?.applied(to: x)
    var part = Tensor<K.Element>(uninitialized: [x.rows, x.columns])
    if addition.output != nil || addition.stream != nil {
      forward(read?.matrix ?? x, part.mutableMatrix())
    }
    addition.differentiateStream(rows.gradient) { addition.sum(rows.middle, part.matrix) }
    let forPart = addition.partGradient(part.matrix, rows.gradient.matrix)
    var forRead = Tensor<K.Element>(repeating: 0, shape: [x.rows, x.columns])
    back(read?.matrix ?? x, forPart.matrix, forRead.mutableMatrix())
    let target = isParallel ? rows.extra : rows.gradient
    if let norm {
      norm.addGradient(x, forRead.matrix, to: target)
    } else {
      K.add(forRead.matrix, to: target)
    }
  }
}
