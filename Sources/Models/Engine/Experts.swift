import Tensors

/// Experts: a router picks a few MLPs for every token.
///
/// Only the experts that some token goes to are read, one after the other.
struct Experts<K: Kernels> {
  let plan: ExpertsPlan
  let router: Linear<K>
  let correction: [Double]?

  init(_ plan: ExpertsPlan, _ weights: inout WeightReader<K>) {
    self.plan = plan
    router = Linear(plan.router, &weights)
    correction = plan.routing.correction.map { weights.tensor($0).elements.map { Double($0) } }
  }

  /// Writes what the chosen experts make of every row of `x`, or adds it to what is there.
  func apply(
    to x: Matrix<K.Element>, adding: Bool, into y: MutableMatrix<K.Element>,
    _ weights: inout WeightReader<K>
  ) {
    if !adding { y.fill(0) }
    addShared(x, to: y, &weights)
    let chosen = choices(x)
    for (expert, plan) in plan.experts.enumerated() where !chosen[expert].isEmpty {
      guard let mlp = MLP<K>(plan, &weights) else { continue }
      let rows = chosen[expert]
      let width = x.columns
      var (input, output) = (
        Tensor<K.Element>(uninitialized: [rows.count, width]),
        Tensor<K.Element>(uninitialized: [rows.count, width])
      )
      let (gathered, made) = (input.mutableMatrix(), output.mutableMatrix())
      for (i, row) in rows.enumerated() {
        gathered.rows(i..<i + 1).copy(from: x.rows(row.index..<row.index + 1))
      }
      mlp.apply(to: gathered.matrix, adding: false, into: made)
      for (i, row) in rows.enumerated() {
        K.add(
          made.matrix.rows(i..<i + 1), scale: K.Element(row.weight),
          to: y.rows(row.index..<row.index + 1))
      }
      weights.releaseAll()
    }
  }

  private func addShared(
    _ x: Matrix<K.Element>, to y: MutableMatrix<K.Element>,
    _ weights: inout WeightReader<K>
  ) {
    guard let shared = plan.shared, let mlp = MLP<K>(shared, &weights) else { return }
    guard let gate = plan.sharedGate else { return mlp.apply(to: x, adding: true, into: y) }
    var made = Tensor<K.Element>(uninitialized: [x.rows, y.columns])
    mlp.apply(to: x, adding: false, into: made.mutableMatrix())
    let open = Linear<K>(gate, &weights).applied(to: x)
    for row in 0..<x.rows {
      let share = 1 / (1 + K.Element.exp(-open[row, 0]))
      K.add(made.matrix.rows(row..<row + 1), scale: share, to: y.rows(row..<row + 1))
    }
  }

  /// For each expert, the rows that go to it and with which weight.
  private func choices(_ x: Matrix<K.Element>) -> [[(index: Int, weight: Double)]] {
    let logits = router.applied(to: x).matrix
    var chosen = Array(repeating: [(index: Int, weight: Double)](), count: plan.experts.count)
    for index in 0..<x.rows {
      let row = logits.withRow(index) { $0.map { Double($0) } }
      for (expert, weight) in plan.routing.choice(row, correction: correction) {
        chosen[expert].append((index, weight))
      }
    }
    return chosen
  }
}

extension RoutingPlan {
  /// The experts of one token, and their weights.
  ///
  /// - Parameters:
  ///   - logits: The router's, one for each expert.
  ///   - correction: One for each expert; nil for none.
  func choice(_ logits: [Double], correction: [Double]?) -> [(expert: Int, weight: Double)] {
    let scores = self.scores(logits)
    var ranked = correction.map { zip(scores, $0).map { $0 + $1 } } ?? scores
    if let groups {
      let size = ranked.count / groups.count
      let worth = (0..<groups.count).map { group in
        ranked[group * size..<(group + 1) * size].sorted(by: >).prefix(groups.best).reduce(0, +)
      }
      let kept = Set(Self.best(groups.kept, of: worth))
      for expert in ranked.indices where !kept.contains(expert / size) {
        ranked[expert] = -.infinity
      }
    }
    let chosen = Self.best(count, of: ranked)
    let sum = isNormalised ? chosen.reduce(0) { $0 + scores[$1] } : 1
    return chosen.map { ($0, scores[$0] / sum * scale) }
  }

  func scores(_ logits: [Double]) -> [Double] {
    switch scoring {
    case .sigmoid: return logits.map { 1 / (1 + Double.exp(-$0)) }
    case .softmax:
      let highest = logits.max() ?? 0
      let terms = logits.map { Double.exp($0 - highest) }
      let sum = terms.reduce(0, +)
      return terms.map { $0 / sum }
    }
  }

  /// Where the largest numbers stand, the largest first; of equal ones the first.
  private static func best(_ count: Int, of numbers: [Double]) -> [Int] {
    Array(numbers.indices.sorted { (-numbers[$0], $0) < (-numbers[$1], $1) }.prefix(count))
  }
}
