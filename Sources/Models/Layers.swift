import Tensors

/// How rows are cut between the points where all of them must be known.
enum Slices {
  /// Calls `body` with slices that make up `0..<count`.
  ///
  /// With enough rows for every thread each takes slices on its own, so that norm, products and
  /// activation of a slice follow each other and nobody waits between them; with few, one slice at a
  /// time is shared out by the products themselves.
  ///
  /// Measured on AVX2 with `[rows, 768] · [768, 3072]`: a product of 512 rows is as fast a number as one of
  /// 1024, one of 128 half as fast, because each packs all the weights.
  static func forEach(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let threads = Parallel.threadCount
    let alone = threads > 1 && count >= 384 * threads
    let longest = alone ? 768 : 1024
    let rounds = (count + longest - 1) / longest
    let slices = alone ? (rounds + threads - 1) / threads * threads : rounds
    if alone {
      Parallel.forEach(slices) { body($0 * count / slices..<($0 + 1) * count / slices) }
    } else {
      for i in 0..<slices { body(i * count / slices..<(i + 1) * count / slices) }
    }
  }
}

/// A norm with its weights at hand.
struct Norm<K: Kernels>: Sendable {
  private let plan: NormPlan
  private let gain: Tensor<K.Element>
  private let bias: Tensor<K.Element>?

  init(_ plan: NormPlan, _ weights: inout WeightReader<K.Element>) {
    self.plan = plan
    gain = weights.tensor(plan.gain)
    if case .layer(let bias) = plan.kind { self.bias = weights.tensor(bias) } else { bias = nil }
  }

  /// The normalised rows of `x`, `[rows, dModel]`.
  func applied(to x: Matrix<K.Element>) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [x.rows, x.columns])
    let (target, epsilon) = (result.mutableMatrix(), K.Element(plan.epsilon))
    if let bias {
      K.layerNorm(x, gain: gain, bias: bias, epsilon: epsilon, into: target)
    } else {
      K.rmsNorm(x, gain: gain, epsilon: epsilon, into: target)
    }
    return result
  }
}

/// A linear layer with its weights at hand.
struct Linear<K: Kernels>: Sendable {
  private let matrix: Matrix<K.Element>
  private let bias: Matrix<K.Element>?
  private let transposed: Bool
  /// The width of what it computes.
  let outputCount: Int

  init(_ plan: LinearPlan, _ weights: inout WeightReader<K.Element>) {
    let stored = weights.tensor(plan.weight).matrix
    transposed = plan.layout == .outputsFirst
    matrix = transposed ? stored.rows(plan.outputs) : stored.columns(plan.outputs)
    bias = plan.bias.map { weights.tensor($0).matrix.columns(plan.outputs) }
    outputCount = plan.outputs.count
  }

  /// `y = activation(x · W + b)`, or `y += x · W + b`.
  func apply(
    to x: Matrix<K.Element>, activation: Activation? = nil, adding: Bool = false,
    into y: MutableMatrix<K.Element>
  ) {
    K.linear(
      x, matrix, transposed: transposed, bias: bias, activation: activation, adding: adding,
      into: y)
  }

  /// `activation(x · W + b)`, `[rows, outputs]`.
  func applied(to x: Matrix<K.Element>, activation: Activation? = nil) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [x.rows, outputCount])
    apply(to: x, activation: activation, into: result.mutableMatrix())
    return result
  }
}

/// An MLP with its weights at hand.
struct MLP<K: Kernels>: Sendable {
  private let gate: Linear<K>?
  private let up, down: Linear<K>
  private let activation: Activation

  init(_ plan: MLPPlan, _ weights: inout WeightReader<K.Element>) {
    switch plan {
    case .plain(let up, let down, let activation):
      gate = nil
      self.up = Linear(up, &weights)
      self.down = Linear(down, &weights)
      self.activation = activation
    case .gated(let gate, let up, let down, let activation):
      self.gate = Linear(gate, &weights)
      self.up = Linear(up, &weights)
      self.down = Linear(down, &weights)
      self.activation = activation
    }
  }

  /// Adds what the MLP makes of `x`.
  func add(_ x: Matrix<K.Element>, to y: MutableMatrix<K.Element>) {
    guard let gate else {
      return down.apply(to: up.applied(to: x, activation: activation).matrix, adding: true, into: y)
    }
    var hidden = gate.applied(to: x, activation: activation)
    K.multiply(hidden.mutableMatrix(), by: up.applied(to: x).matrix)
    down.apply(to: hidden.matrix, adding: true, into: y)
  }
}
