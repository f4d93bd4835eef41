import Tensors

extension OutputHead {
  /// A scalar, and its gradient with respect to the residual stream after the last block.
  ///
  /// Only rows that the objective looks at have logits, some at a time.
  ///
  /// - Parameter patches: Which rows are patches of an image; none for a text.
  func gradient(
    of objective: Objective, _ residual: Matrix<K.Element>, patches: Range<Int> = 0..<0
  ) throws -> (value: Double, gradient: Tensor<K.Element>) {
    guard !plan.head.isOfClasses else { return try classGradient(of: objective, residual, patches) }
    var gradient = Tensor<K.Element>(repeating: 0, shape: [residual.rows, residual.columns])
    let terms = objective.terms
    let rowsAtOnce = max(1, (16 << 20) / max(1, plan.head.outputCount))
    var value = 0.0
    for start in stride(from: 0, to: terms.count, by: rowsAtOnce) {
      let part = Array(terms[start..<min(terms.count, start + rowsAtOnce)])
      let rows = residual.gathered(part.map(\.target.position))
      let (sum, back) = try rowGradient(of: part, rows.matrix, isLoss: objective.isLoss)
      value += sum
      for (i, term) in part.enumerated() {
        let position = term.target.position
        K.add(
          back.matrix.rows(i..<i + 1),
          to: gradient.mutableMatrix().rows(position..<position + 1))
      }
    }
    return (value, gradient)
  }

  /// The same for rows that lie side by side, one for each term.
  private func rowGradient(
    of terms: [Objective.Term], _ rows: Matrix<K.Element>, isLoss: Bool
  ) throws -> (value: Double, gradient: Tensor<K.Element>) {
    let x = normalised(rows)
    var logits = Tensor<K.Element>(uninitialized: [terms.count, plan.head.outputCount])
    let target = logits.mutableMatrix()
    for part in parts { apply(to: x.matrix, part: part, into: target.columns(part)) }
    let value = try Self.differentiate(target, terms, isLoss: isLoss, self)
    var back = Tensor<K.Element>(repeating: 0, shape: x.shape)
    for part in parts {
      K.linear(
        target.matrix.columns(part), self.rows(part).matrix, transposed: false, bias: nil,
        activation: nil, adding: true, into: back.mutableMatrix())
    }
    let read = norm?.applied(to: rows) ?? rows.copied
    return (value, normGradient(projectedGradient(back, read), rows))
  }

  /// The gradient of classes that a whole prompt may belong to.
  private func classGradient(
    of objective: Objective, _ residual: Matrix<K.Element>, _ patches: Range<Int>
  ) throws -> (value: Double, gradient: Tensor<K.Element>) {
    let terms = objective.terms
    let logits = classes(residual, patches: patches)
    var rows = logits.matrix.gathered(terms.map { _ in 0 })
    let value = try Self.differentiate(
      rows.mutableMatrix(), terms, isLoss: objective.isLoss, self)
    var g = Tensor<K.Element>(repeating: 0, shape: logits.shape)
    for row in terms.indices { K.add(rows.matrix.rows(row..<row + 1), to: g.mutableMatrix()) }
    var reader = WeightReader<K>(weights)
    let first = Linear<K>(plan.head.linear, &reader)
    let x = norm?.applied(to: residual) ?? residual.copied
    var back = Tensor<K.Element>(repeating: 0, shape: [residual.rows, residual.columns])
    let target = back.mutableMatrix()
    switch plan.head.reading {
    case .everyToken, .first:
      let read = projectedGradient(first.gradient(g.matrix), x.matrix.rows(0..<1).copied)
      target.rows(0..<1).copy(from: read.matrix)
    case .firstAndMean:
      let both = first.gradient(g.matrix)
      let width = x.matrix.columns
      target.rows(0..<1).copy(from: both.matrix.columns(0..<width))
      let mean = both.matrix.columns(width..<2 * width)
      for row in patches {
        K.add(mean, scale: 1 / K.Element(patches.count), to: target.rows(row..<row + 1))
      }
    case .firstTwo(let second):
      K.scale(g.mutableMatrix(), by: 0.5)
      first.addGradient(g.matrix, to: target.rows(0..<1))
      Linear<K>(second, &reader).addGradient(g.matrix, to: target.rows(1..<2))
    }
    return (value, normGradient(back, residual))
  }

  /// The scalar, and in place of the logits of each term its gradient: through cap and scale as well.
  private static func differentiate(
    _ logits: MutableMatrix<K.Element>, _ terms: [Objective.Term], isLoss: Bool, _ head: OutputHead
  ) throws -> Double {
    guard K.allFinite(logits.matrix) else { throw head.notFinite }
    let capped = head.plan.head.cap == nil ? nil : logits.matrix.copied
    let value = isLoss ? softmaxLoss(terms, logits) : weighted(terms, logits)
    if let cap = head.plan.head.cap, let capped {
      K.differentiateCap(capped.matrix, at: K.Element(cap), gradient: logits)
    }
    if head.plan.head.scale != 1 { K.scale(logits, by: K.Element(head.plan.head.scale)) }
    return value
  }

  /// The loss of every row, and in place of its logits their gradient: `weight · (p − expected)`.
  private static func softmaxLoss(
    _ terms: [Objective.Term], _ logits: MutableMatrix<K.Element>
  ) -> Double {
    var logSums = [Double](repeating: -.infinity, count: terms.count)
    K.addLogSums(of: logits.matrix, to: &logSums)
    var value = 0.0
    for (i, term) in terms.enumerated() {
      value += term.weight * (logSums[i] - Double(logits[i, term.target.id]))
    }
    K.softmax(logits)
    for (i, term) in terms.enumerated() {
      logits[i, term.target.id] -= 1
      K.scale(logits.rows(i..<i + 1), by: K.Element(term.weight))
    }
    return value
  }

  /// The weighted logit of every row, and in place of its logits the weight.
  private static func weighted(
    _ terms: [Objective.Term], _ logits: MutableMatrix<K.Element>
  ) -> Double {
    var value = 0.0
    for (i, term) in terms.enumerated() {
      value += term.weight * Double(logits[i, term.target.id])
      logits.rows(i..<i + 1).fill(0)
      logits[i, term.target.id] = K.Element(term.weight)
    }
    return value
  }

  /// Back through what follows the final norm.
  ///
  /// - Parameters:
  ///   - gradient: Of what the head's matrix reads.
  ///   - x: What the final norm gives.
  private func projectedGradient(
    _ gradient: Tensor<K.Element>, _ x: Tensor<K.Element>
  ) -> Tensor<K.Element> {
    guard let projection else { return gradient }
    let linear = projection.applied(to: x.matrix)
    var back = gradient
    if let projectionNorm {
      back = projectionNorm.gradient(squashed(linear).matrix, gradient.matrix)
    }
    switch plan.head.squash {
    case .activation(let activation):
      K.differentiate(activation, at: linear.matrix, gradient: back.mutableMatrix())
    case .tanh:
      K.differentiateCap(squashed(linear).matrix, at: 1, gradient: back.mutableMatrix())
    case nil: break
    }
    return projection.gradient(back.matrix)
  }

  /// Back through the final norm.
  private func normGradient(
    _ gradient: Tensor<K.Element>, _ residual: Matrix<K.Element>
  ) -> Tensor<K.Element> {
    norm?.gradient(residual, gradient.matrix) ?? gradient
  }
}

extension Matrix where Element: Scalar {
  /// Some rows, one after the other, also several times.
  func gathered(_ rows: [Int]) -> Tensor<Element> {
    var result = Tensor<Element>(uninitialized: [rows.count, columns])
    let target = result.mutableMatrix()
    for (i, row) in rows.enumerated() {
      target.rows(i..<i + 1).copy(from: self.rows(row..<row + 1))
    }
    return result
  }
}
