import Tensors

/// A few agents read all keys, and every query reads the agents.
struct AgentRule: AttentionRule {
  private static let form = RuleParameter.choice(
    "form", ["vit", "sd"],
    "queries pooled over the patch grid, or every some-th query with AgentSD's scale and shortcut")
  private static let pool = RuleParameter.whole(
    "pool", 7, help: "vit: agents along a side of the grid, 7 for 49 agents")
  private static let every = RuleParameter.whole(
    "every", 4, help: "sd: every so many queries is an agent (for the merged tokens)")
  private static let power = RuleParameter.number(
    "power", 0.3, 0...1, "sd: the scale from queries to agents is this power of the usual one")
  private static let shortcut = RuleParameter.number(
    "shortcut", 0.075, 0...10, "sd: this much of each query's own value is added")

  static let card = RuleCard(
    name: "agent", title: "Agent Attention",
    formula: "M = softmax(Q Aᵀ s) · softmax(A Kᵀ s), of rank at most the number of agents; sd:"
      + " the first scale is s^power and shortcut · I is added",
    family: .factorised,
    label: .adapted(supplied: "no biases, no convolution; on AgentSD's own models as published"),
    evidence: .checked,
    source: "Han et al. 2023; LeapLabTHU/Agent-Attention agent_deit.py, agentsd/patch.py",
    parameters: [form, pool, every, power, shortcut], needs: [.bidirectional],
    rows: .free("1, or 1 + shortcut with form sd"), kvFraction: "agents / n")

  let isSD: Bool
  let pool, every: Int
  let power, shortcut: Double

  init(_ spec: RuleSpec) {
    isSD = spec.text(Self.form) == "sd"
    pool = spec.whole(Self.pool)
    every = spec.whole(Self.every)
    power = spec.number(Self.power)
    shortcut = spec.number(Self.shortcut)
  }

  var needs: Set<RuleNeed> { isSD ? [.bidirectional] : [.bidirectional, .grid] }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    guard let grid, !isSD, pool > min(grid.rows, grid.columns) else { return }
    throw .badValue(
      rule: Self.card.name, parameter: Self.pool.name, found: "\(pool)",
      expected: "at most \(min(grid.rows, grid.columns)), for the grid has \(grid.rows) x"
        + " \(grid.columns) patches")
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let agents = agents(head)
    let count = agents.shape[0]
    guard count > 0 else { return .unchanged }
    let all = 0..<head.keyCount
    var read = head.scores(of: agents, keys: head.keys)
    K.softmax(read.mutableMatrix())
    let reading = read
    let first = isSD ? Double.exp(power * Double.log(head.plan.scale)) : head.plan.scale
    let shortcut = isSD ? shortcut : 0
    var rule = HeadRule<K.Element>.map { rows in
      var gates = Tensor<K.Element>(uninitialized: [rows.count, count])
      K.multiply(
        head.queries.rows(rows), agents.matrix, transposed: true, scale: K.Element(first),
        adding: false, into: gates.mutableMatrix())
      K.softmax(gates.mutableMatrix())
      var tile = Tensor<K.Element>(uninitialized: [rows.count, all.count])
      K.multiply(
        gates.matrix, reading.matrix, transposed: false, scale: 1, adding: false,
        into: tile.mutableMatrix())
      if shortcut > 0 {
        Rows.change(tile.mutableMatrix(), firstQuery: rows.lowerBound) { query, row in
          if query < row.count { row[query] += shortcut }
        }
      }
      return tile
    }
    rule.facts = [RuleFact("agents", count)]
    return rule
  }

  /// `[agents, dHead]`.
  private func agents<K: Kernels>(_ head: RuleHead<K>) -> Tensor<K.Element> {
    let width = head.plan.dHead
    let queries = Rows.doubles(head.queries)
    guard !isSD, let grid = head.layer.grid else {
      let chosen = Array(stride(from: 0, to: head.seq, by: every))
      return Rows.tensor(
        chosen.flatMap { queries[$0 * width..<($0 + 1) * width] }, shape: [chosen.count, width])
    }
    // Adaptive average pooling: region i of p covers ⌊i·n/p⌋ ..< ⌈(i+1)·n/p⌉.
    func part(_ i: Int, _ n: Int) -> Range<Int> { i * n / pool..<((i + 1) * n + pool - 1) / pool }
    var sums: [Double] = []
    for y in 0..<pool {
      for x in 0..<pool {
        let cells = part(y, grid.rows).flatMap { row in
          part(x, grid.columns).map { grid.first + row * grid.columns + $0 }
        }
        sums += (0..<width).map { column in
          cells.reduce(0) { $0 + queries[$1 * width + column] } / Double(cells.count)
        }
      }
    }
    return Rows.tensor(sums, shape: [pool * pool, width])
  }
}
