import Tensors

extension Norm {
  /// Adds the gradient of the norm's input.
  ///
  /// - Parameters:
  ///   - x: The input.
  ///   - gradient: Of the output.
  func addGradient(
    _ x: Matrix<K.Element>, _ gradient: Matrix<K.Element>, to result: MutableMatrix<K.Element>
  ) {
    let epsilon = K.Element(plan.epsilon)
    switch plan.kind {
    case .layer:
      K.addLayerNormGradient(x, gain: gain, epsilon: epsilon, gradient: gradient, to: result)
    case .rms:
      K.addRMSNormGradient(x, gain: gain, epsilon: epsilon, gradient: gradient, to: result)
    }
  }

  /// The gradient of the norm's input, `[rows, width]`.
  func gradient(_ x: Matrix<K.Element>, _ gradient: Matrix<K.Element>) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(repeating: 0, shape: [x.rows, x.columns])
    addGradient(x, gradient, to: result.mutableMatrix())
    return result
  }
}

extension HeadNorm {
  /// The gradient of what was normalised, `[rows, heads · dHead]`.
  func gradient(_ x: Matrix<K.Element>, _ gradient: Matrix<K.Element>) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(repeating: 0, shape: [x.rows, x.columns])
    let target = result.mutableMatrix()
    for (i, norm) in norms.enumerated() {
      let columns = i * width..<(i + 1) * width
      norm.addGradient(x.columns(columns), gradient.columns(columns), to: target.columns(columns))
    }
    return result
  }
}

extension Linear {
  /// Adds the gradient of what the layer reads: `gradient · Wᵀ`.
  func addGradient(_ gradient: Matrix<K.Element>, to result: MutableMatrix<K.Element>) {
    K.linear(
      gradient, matrix, transposed: !transposed, bias: nil, activation: nil, adding: true,
      into: result)
  }

  /// The gradient of what the layer reads, `[rows, inputs]`.
  func gradient(_ gradient: Matrix<K.Element>) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(
      uninitialized: [gradient.rows, transposed ? matrix.columns : matrix.rows])
    K.linear(
      gradient, matrix, transposed: !transposed, bias: nil, activation: nil, adding: false,
      into: result.mutableMatrix())
    return result
  }
}

extension Latent {
  /// Adds the gradient of what the narrow vectors are made of.
  func addGradient(
    _ x: Matrix<K.Element>, _ gradient: Matrix<K.Element>, to result: MutableMatrix<K.Element>
  ) {
    guard let norm else { return down.addGradient(gradient, to: result) }
    let narrow = down.applied(to: x)
    down.addGradient(norm.gradient(narrow.matrix, gradient).matrix, to: result)
  }
}

extension Addition {
  /// The residual stream as it stands before `stream`, `[rows, width]`.
  ///
  /// - Parameters:
  ///   - x: The residual stream before the addition.
  ///   - part: What the half wrote, before `output`.
  func sum(_ x: Matrix<K.Element>, _ part: Matrix<K.Element>) -> Tensor<K.Element> {
    var sum = x.copied
    guard isPlain else {
      var added = output?.applied(to: part) ?? part.copied
      multiplyByGain(added.mutableMatrix())
      K.add(added.matrix, scale: scale, to: sum.mutableMatrix())
      return sum
    }
    K.add(part, scale: scale, to: sum.mutableMatrix())
    return sum
  }

  /// The residual stream after the addition, from `sum`.
  func finished(_ sum: Tensor<K.Element>) -> Tensor<K.Element> {
    stream?.applied(to: sum.matrix) ?? sum
  }

  /// Back through `stream`, in place.
  ///
  /// - Parameter sum: See `sum(_:_:)`; asked for only where there is such a norm.
  func differentiateStream(
    _ gradient: MutableMatrix<K.Element>, _ sum: () -> Tensor<K.Element>
  ) {
    guard let stream else { return }
    gradient.copy(from: stream.gradient(sum().matrix, gradient.matrix).matrix)
  }

  /// The gradient of what the half wrote, from that of `sum`.
  func partGradient(
    _ part: Matrix<K.Element>, _ gradient: Matrix<K.Element>
  ) -> Tensor<K.Element> {
    var scaled = gradient.copied
    if scale != 1 { K.scale(scaled.mutableMatrix(), by: scale) }
    multiplyByGain(scaled.mutableMatrix())
    return output?.gradient(part, scaled.matrix) ?? scaled
  }
}
