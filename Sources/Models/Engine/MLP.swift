import Tensors

/// An MLP that every token passes through, with its weights at hand.
struct MLP<K: Kernels>: Sendable {
  let gate: Linear<K>?
  let up, down: Linear<K>
  let activation: Activation
  let limit: Double?

  /// - Returns: nil for experts, of which no token passes through all.
  init?(_ plan: MLPPlan, _ weights: inout WeightReader<K>) {
    switch plan {
    case .plain(let up, let down, let activation):
      (gate, limit) = (nil, nil)
      self.up = Linear(up, &weights)
      self.down = Linear(down, &weights)
      self.activation = activation
    case .gated(let gate, let up, let down, let activation, let limit):
      self.gate = Linear(gate, &weights)
      self.up = Linear(up, &weights)
      self.down = Linear(down, &weights)
      self.activation = activation
      self.limit = limit
    case .experts: return nil
    }
  }

  /// Writes what the MLP makes of `x`, or adds it to what is there.
  func apply(to x: Matrix<K.Element>, adding: Bool, into y: MutableMatrix<K.Element>) {
    down.apply(to: hidden(x).matrix, adding: adding, into: y)
  }

  /// What lies between, `[rows, dMLP]`.
  func hidden(_ x: Matrix<K.Element>) -> Tensor<K.Element> {
    guard let gate else { return up.applied(to: x, activation: activation) }
    var hidden = gate.applied(to: x, activation: limit == nil ? activation : nil)
    var factor = up.applied(to: x)
    if let limit = limit.map({ K.Element($0) }) {
      K.clip(hidden.mutableMatrix(), to: -.infinity...limit, adding: 0)
      K.activate(hidden.mutableMatrix(), activation)
      K.clip(factor.mutableMatrix(), to: -limit...limit, adding: 1)
    }
    K.multiply(hidden.mutableMatrix(), by: factor.matrix)
    return hidden
  }
}
