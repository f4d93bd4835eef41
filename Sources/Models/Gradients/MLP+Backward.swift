import Tensors

extension MLP {
  /// Adds the gradient of what the MLP reads.
  ///
  /// What lies between is computed again.
  ///
  /// - Parameters:
  ///   - x: What it reads, `[rows, dModel]`.
  ///   - gradient: Of what it writes.
  func addGradient(
    _ x: Matrix<K.Element>, _ gradient: Matrix<K.Element>, to result: MutableMatrix<K.Element>
  ) {
    var hidden = down.gradient(gradient)
    let h = hidden.mutableMatrix()
    let upper = up.applied(to: x)
    guard let gate else {
      K.differentiate(activation, at: upper.matrix, gradient: h)
      return up.addGradient(h.matrix, to: result)
    }
    let gated = gate.applied(to: x)
    var (open, factor) = (gated, upper)
    if let limit = limit.map({ K.Element($0) }) {
      K.clip(open.mutableMatrix(), to: -.infinity...limit, adding: 0)
      K.clip(factor.mutableMatrix(), to: -limit...limit, adding: 1)
    }
    let clipped = open
    K.activate(open.mutableMatrix(), activation)
    // hidden = open · factor
    var forUp = hidden
    K.multiply(forUp.mutableMatrix(), by: open.matrix)
    K.multiply(hidden.mutableMatrix(), by: factor.matrix)
    K.differentiate(activation, at: clipped.matrix, gradient: hidden.mutableMatrix())
    if let limit = limit.map({ K.Element($0) }) {
      K.differentiateClip(
        gated.matrix, to: -.infinity...limit, gradient: hidden.mutableMatrix())
      K.differentiateClip(upper.matrix, to: -limit...limit, gradient: forUp.mutableMatrix())
    }
    gate.addGradient(hidden.matrix, to: result)
    up.addGradient(forUp.matrix, to: result)
  }
}
