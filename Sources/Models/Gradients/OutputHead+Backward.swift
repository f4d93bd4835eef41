import Tensors

extension OutputHead {
  /// A scalar, and its gradient with respect to the residual stream after the last block.
  ///
  /// Only rows that the objective looks at have logits, some at a time.
  func gradient(
    of objective: Objective, _ residual: Matrix<K.Element>
  ) throws -> (value: Double, gradient: Tensor<K.Element>) {
    var gradient = Tensor<K.Element>(repeating: 0, shape: [residual.rows, residual.columns])
    let terms = objective.terms
    let rowsAtOnce = max(1, (16 << 20) / max(1, plan.vocabularySize))
    var value = 0.0
    for start in stride(from: 0, to: terms.count, by: rowsAtOnce) {
      let part = terms[start..<min(terms.count, start + rowsAtOnce)]
      var rows = Tensor<K.Element>(uninitialized: [part.count, residual.columns])
      let gathered = rows.mutableMatrix()
      for (i, term) in part.enumerated() {
        let position = term.target.position
        gathered.rows(i..<i + 1).copy(from: residual.rows(position..<position + 1))
      }
      var isLoss = false
      if case .loss = objective { isLoss = true }
      let (sum, back) = try rowGradient(of: Array(part), rows.matrix, isLoss: isLoss)
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
    var logits = Tensor<K.Element>(uninitialized: [terms.count, plan.vocabularySize])
    let target = logits.mutableMatrix()
    for part in parts { apply(to: x.matrix, part: part, into: target.columns(part)) }
    guard K.allFinite(target.matrix) else { throw notFinite }
    let capped = plan.head.cap == nil ? nil : logits
    let value = isLoss ? softmaxLoss(terms, target) : weighted(terms, target)
    if let cap = plan.head.cap, let capped {
      K.differentiateCap(capped.matrix, at: K.Element(cap), gradient: target)
    }
    var back = Tensor<K.Element>(repeating: 0, shape: x.shape)
    for part in parts {
      K.linear(
        target.matrix.columns(part), self.rows(part).matrix, transposed: false, bias: nil,
        activation: nil, adding: true, into: back.mutableMatrix())
    }
    if plan.head.scale != 1 {
      K.scale(back.mutableMatrix(), by: K.Element(plan.head.scale))
    }
    return (value, differentiated(back, rows))
  }

  /// The loss of every row, and in place of its logits their gradient: `weight · (p − expected)`.
  private func softmaxLoss(
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
  private func weighted(
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

  /// Back through projection and final norm.
  private func differentiated(
    _ gradient: Tensor<K.Element>, _ residual: Matrix<K.Element>
  ) -> Tensor<K.Element> {
    var gradient = gradient
    if let projection { gradient = projection.gradient(gradient.matrix) }
    guard let norm else { return gradient }
    var result = Tensor<K.Element>(repeating: 0, shape: [residual.rows, residual.columns])
    norm.addGradient(residual, gradient.matrix, to: result.mutableMatrix())
    return result
  }
}
