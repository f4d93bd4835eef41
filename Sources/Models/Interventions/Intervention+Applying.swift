import Tensors

extension Intervention {
  /// Checks that a model has what is to be changed, and that the numbers fit.
  func check(_ plan: ModelPlan, seq: Int) throws(ModelError) {
    switch self {
    case .scale(let head, _), .rule(let head, _): try Self.check(head, plan)
    case .stretch(let head, let factors):
      try Self.check(head, plan)
      let width = plan.blocks[head.layer].attention.dValue
      guard factors.count == width else {
        throw .interventionShape(
          site: Site.weightedValues(head).description, found: [factors.count], expected: [width])
      }
    case .replace(let site, let positions, let values):
      var width = plan.dModel
      if let head = site.head {
        try Self.check(head, plan)
        let attention = plan.blocks[head.layer].attention
        width = site.isOfValues ? attention.dValue : attention.dHead
      } else if !(0...plan.layers).contains(site.layer) {
        throw .noSuchLayer(site.layer, layers: plan.layers)
      }
      if let wrong = positions?.first(where: { !(0..<seq).contains($0) }) {
        throw .noSuchPosition(wrong, seq: seq)
      }
      let rows = positions?.count ?? seq
      guard values.shape == [1, width] || values.shape == [rows, width] else {
        throw .interventionShape(
          site: site.description, found: values.shape, expected: [rows, width])
      }
    }
  }

  private static func check(_ head: HeadIndex, _ plan: ModelPlan) throws(ModelError) {
    guard (0..<plan.layers).contains(head.layer),
      (0..<plan.blocks[head.layer].attention.heads).contains(head.head)
    else { throw .noSuchHead(head, layers: plan.layers, heads: plan.heads) }
  }
}

/// The interventions of one run, ready to be applied where the forward pass comes by.
struct Edits<Element: Scalar> {
  let interventions: [Intervention]
  private let rules: [HeadIndex: AppliedRule]

  init(_ interventions: [Intervention]) {
    self.interventions = interventions
    rules = interventions.rules
  }

  /// The heads of a layer that another rule stands in, made ready.
  func ruled<K: Kernels>(_ view: RuleLayer<K>) -> [Int: RuledHead<K>]
  where K.Element == Element {
    let applied = rules.filter { $0.key.layer == view.layer }.map { ($0.key.head, $0.value) }
    let made = Slots<RuledHead<K>>(count: applied.count)
    Parallel.forEach(applied.count) { index in
      let (head, rule) = applied[index]
      made.put(RuledHead(RuleHead(layer: view, head: head), rule.rule), at: index)
    }
    return Dictionary(uniqueKeysWithValues: zip(applied.map(\.0), made.take()))
  }

  /// Changes the residual stream entering a layer, `[seq, dModel]`.
  func residual(_ layer: Int, _ residual: inout Tensor<Element>) {
    for case .replace(.residual(layer), let positions, let values) in interventions {
      Self.put(values, at: positions, into: residual.mutableMatrix())
    }
  }

  /// Changes what a layer's maps and values are made of.
  func inputs(
    _ layer: Int, _ plan: AttentionPlan, queries: MutableMatrix<Element>,
    keys: MutableMatrix<Element>, values target: MutableMatrix<Element>
  ) {
    for case .replace(let site, let positions, let values) in interventions
    where site.layer == layer {
      switch site {
      case .queries(let head):
        Self.put(values, at: positions, into: queries.columns(plan.columns(head.head)))
      case .keys(let head):
        let columns = plan.columns(plan.kvHead(of: head.head))
        Self.put(values, at: positions, into: keys.columns(columns))
      case .values(let head):
        let columns = plan.valueColumns(plan.kvHead(of: head.head))
        Self.put(values, at: positions, into: target.columns(columns))
      case .weightedValues, .residual: break
      }
    }
  }

  /// Whether a layer's pattern · values change.
  func changesWeightedValues(_ layer: Int) -> Bool {
    interventions.contains { $0.layer == layer && $0.leavesMapsOfItsLayer }
  }

  /// Changes a layer's pattern · values, `[seq, heads · dValue]`.
  func weightedValues<K: Kernels>(
    _ layer: Int, _ plan: AttentionPlan, _ target: MutableMatrix<Element>, _: K.Type
  ) where K.Element == Element {
    for intervention in interventions where intervention.layer == layer {
      switch intervention {
      case .scale(let head, let factor):
        K.scale(target.columns(plan.valueColumns(head.head)), by: Element(factor))
      case .stretch(let head, let factors):
        Self.stretch(target.columns(plan.valueColumns(head.head)), by: factors, K.self)
      case .replace(.weightedValues(let head), let positions, let values):
        Self.put(values, at: positions, into: target.columns(plan.valueColumns(head.head)))
      case .replace, .rule: break
      }
    }
  }

  private static func stretch<K: Kernels>(
    _ target: MutableMatrix<Element>, by factors: [Double], _: K.Type
  ) where K.Element == Element {
    let row = Tensor(factors, shape: [1, factors.count]).converted(to: Element.self)
    for i in 0..<target.rows { K.multiply(target.rows(i..<i + 1), by: row.matrix) }
  }

  private static func put(
    _ values: Tensor<Double>, at positions: [Int]?, into target: MutableMatrix<Element>
  ) {
    let source = values.converted(to: Element.self).matrix
    for (index, position) in (positions ?? Array(0..<target.rows)).enumerated() {
      let row = source.rows == 1 ? 0 : index
      target.rows(position..<position + 1).copy(from: source.rows(row..<row + 1))
    }
  }
}

/// Gradients respect what was changed: nothing flows back to what was replaced.
extension Edits {
  /// Stops gradients at replaced rows of the residual stream entering a layer.
  func differentiateResidual(_ layer: Int, _ gradient: MutableMatrix<Element>) {
    for case .replace(.residual(layer), let positions, _) in interventions {
      Self.stop(gradient, at: positions)
    }
  }

  /// Stops gradients at replaced queries, keys and values of a layer.
  func differentiateInputs(
    _ layer: Int, _ plan: AttentionPlan, queries: MutableMatrix<Element>,
    keys: MutableMatrix<Element>, values: MutableMatrix<Element>
  ) {
    for case .replace(let site, let positions, _) in interventions where site.layer == layer {
      switch site {
      case .queries(let head):
        Self.stop(queries.columns(plan.columns(head.head)), at: positions)
      case .keys(let head):
        Self.stop(keys.columns(plan.columns(plan.kvHead(of: head.head))), at: positions)
      case .values(let head):
        Self.stop(values.columns(plan.valueColumns(plan.kvHead(of: head.head))), at: positions)
      case .weightedValues, .residual: break
      }
    }
  }

  /// Turns the gradient of changed weighted values into that of what they were made from.
  func differentiateWeightedValues<K: Kernels>(
    _ layer: Int, _ plan: AttentionPlan, _ gradient: MutableMatrix<Element>, _: K.Type
  ) where K.Element == Element {
    for intervention in interventions.reversed() where intervention.layer == layer {
      switch intervention {
      case .scale(let head, let factor):
        K.scale(gradient.columns(plan.valueColumns(head.head)), by: Element(factor))
      case .stretch(let head, let factors):
        Self.stretch(gradient.columns(plan.valueColumns(head.head)), by: factors, K.self)
      case .replace(.weightedValues(let head), let positions, _):
        Self.stop(gradient.columns(plan.valueColumns(head.head)), at: positions)
      case .replace, .rule: break
      }
    }
  }

  private static func stop(_ gradient: MutableMatrix<Element>, at positions: [Int]?) {
    for position in positions ?? Array(0..<gradient.rows) {
      gradient.rows(position..<position + 1).fill(0)
    }
  }
}
