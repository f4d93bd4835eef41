import Tensors

extension Experts {
  /// Adds the gradient of what the experts read, through their weights as well; which ones are chosen is
  /// constant.
  func addGradient(
    _ x: Matrix<K.Element>, _ gradient: Matrix<K.Element>, to result: MutableMatrix<K.Element>,
    _ weights: inout WeightReader<K>
  ) {
    addSharedGradient(x, gradient, to: result, &weights)
    let logits = router.applied(to: x)
    let choices = (0..<x.rows).map { row in
      plan.routing.choice(
        logits.matrix.withRow(row) { $0.map { Double($0) } }, correction: correction)
    }
    // What each choice's weight does to the scalar, `[row][place in the choice]`.
    var slopes = choices.map { [Double](repeating: 0, count: $0.count) }
    for (expert, mlpPlan) in plan.experts.enumerated() {
      let rows = choices.indices.compactMap { row in
        choices[row].firstIndex { $0.expert == expert }.map { (row: row, place: $0) }
      }
      guard !rows.isEmpty, let mlp = MLP<K>(mlpPlan, &weights) else { continue }
      let read = x.gathered(rows.map(\.row))
      var written = Tensor<K.Element>(uninitialized: [rows.count, gradient.columns])
      mlp.apply(to: read.matrix, adding: false, into: written.mutableMatrix())
      var back = gradient.gathered(rows.map(\.row))
      for (i, dot) in K.dots(written.matrix, back.matrix).enumerated() {
        slopes[rows[i].row][rows[i].place] = dot
        let weight = choices[rows[i].row][rows[i].place].weight
        K.scale(back.mutableMatrix().rows(i..<i + 1), by: K.Element(weight))
      }
      var added = Tensor<K.Element>(repeating: 0, shape: [rows.count, x.columns])
      mlp.addGradient(read.matrix, back.matrix, to: added.mutableMatrix())
      for (i, row) in rows.enumerated() {
        K.add(added.matrix.rows(i..<i + 1), to: result.rows(row.row..<row.row + 1))
      }
    }
    var forRouter = Tensor<K.Element>(repeating: 0, shape: logits.shape)
    let target = forRouter.mutableMatrix()
    for row in 0..<x.rows {
      let numbers = logits.matrix.withRow(row) { $0.map { Double($0) } }
      let slope = plan.routing.gradient(numbers, chosen: choices[row].map(\.expert), slopes[row])
      for (expert, value) in slope.enumerated() { target[row, expert] = K.Element(value) }
    }
    router.addGradient(forRouter.matrix, to: result)
  }

  private func addSharedGradient(
    _ x: Matrix<K.Element>, _ gradient: Matrix<K.Element>, to result: MutableMatrix<K.Element>,
    _ weights: inout WeightReader<K>
  ) {
    guard let shared = plan.shared, let mlp = MLP<K>(shared, &weights) else { return }
    guard let gatePlan = plan.sharedGate else {
      return mlp.addGradient(x, gradient, to: result)
    }
    let gate = Linear<K>(gatePlan, &weights)
    let open = gate.applied(to: x)
    var written = Tensor<K.Element>(uninitialized: [x.rows, gradient.columns])
    mlp.apply(to: x, adding: false, into: written.mutableMatrix())
    var back = gradient.copied
    var forGate = Tensor<K.Element>(uninitialized: [x.rows, 1])
    for (row, dot) in K.dots(written.matrix, gradient).enumerated() {
      let share = 1 / (1 + Double.exp(-Double(open[row, 0])))
      forGate[row, 0] = K.Element(dot * share * (1 - share))
      K.scale(back.mutableMatrix().rows(row..<row + 1), by: K.Element(share))
    }
    mlp.addGradient(x, back.matrix, to: result)
    gate.addGradient(forGate.matrix, to: result)
  }
}

extension RoutingPlan {
  /// The gradient of a router's numbers, from that of the chosen experts' weights.
  ///
  /// - Parameters:
  ///   - logits: The router's, one for each expert.
  ///   - chosen: The experts of the token.
  ///   - slopes: One for each of them.
  func gradient(_ logits: [Double], chosen: [Int], _ slopes: [Double]) -> [Double] {
    let scores = self.scores(logits)
    var forScores = [Double](repeating: 0, count: logits.count)
    let sum = chosen.reduce(0) { $0 + scores[$1] }
    // weight = scale · score / Σ score
    let mean = zip(chosen, slopes).reduce(0) { $0 + $1.1 * scores[$1.0] } / sum
    for (expert, slope) in zip(chosen, slopes) {
      forScores[expert] = isNormalised ? scale * (slope - mean) / sum : scale * slope
    }
    switch scoring {
    case .sigmoid: return zip(scores, forScores).map { $1 * $0 * (1 - $0) }
    case .softmax:
      let average = zip(scores, forScores).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(scores, forScores).map { $0 * ($1 - average) }
    }
  }
}
