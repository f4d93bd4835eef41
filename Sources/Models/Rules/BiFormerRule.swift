import Tensors

/// Regions of the picture choose the regions they look at; patches attend within those.
struct BiFormerRule: AttentionRule {
  private static let regions = RuleParameter.whole(
    "regions", 7, help: "regions along a side of the grid; must divide it")
  private static let top = RuleParameter.whole("top", 4, help: "regions that each region keeps")
  private static let scale = RuleParameter.choice(
    "scale", ["head", "paper"],
    "the checkpoint's own, or the paper's: one over the root of the full width")

  static let card = RuleCard(
    name: "biformer", title: "BiFormer: bi-level routing",
    formula: "softmax over the keys of the query's region's top regions by mean q · mean k over all"
      + " heads' channels; tokens that are no patch see and are seen by all",
    family: .factorised,
    label: .adapted(supplied: "no convolution of V; tokens that are no patch stay dense"),
    evidence: .checked, source: "Zhu et al. 2023; rayleizhu/BiFormer bra_legacy.py",
    parameters: [regions, top, scale], needs: [.grid, .bidirectional, .layer], scope: .layer,
    kvFraction: "top / regions²")

  let regions, top: Int
  let usesPaperScale: Bool

  init(_ spec: RuleSpec) {
    regions = spec.whole(Self.regions)
    top = spec.whole(Self.top)
    usesPaperScale = spec.text(Self.scale) == "paper"
  }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    guard let grid, !grid.rows.isMultiple(of: regions) || !grid.columns.isMultiple(of: regions)
    else { return }
    throw .gridIndivisible(
      rule: Self.card.name, parameter: Self.regions.name, value: regions, rows: grid.rows,
      columns: grid.columns)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard let grid = head.layer.grid else { return .unchanged }
    let routing = head.layer.memo.value("biformer \(regions) \(top)") { self.routing(head, grid) }
    let (regions, end) = (regions, head.keyCount)
    let patches = grid.first..<grid.first + grid.count
    // Each region's keys as runs, one for each line of patches it crosses.
    let lines = (0..<regions * regions).map { region in
      let (height, breadth) = (grid.rows / regions, grid.columns / regions)
      let (y, x) = region.quotientAndRemainder(dividingBy: regions)
      return (y * height..<(y + 1) * height).map { line in
        let start = grid.first + line * grid.columns + x * breadth
        return start..<start + breadth
      }
    }
    let mask = KeyMask { query in
      guard let region = grid.region(query, parts: regions) else { return [0..<end] }
      return [0..<grid.first] + routing[region].flatMap { lines[$0] }
        + [patches.upperBound..<max(end, patches.upperBound)]
    }
    guard usesPaperScale else { return .keys(mask) }
    let width = Double(head.plan.heads * head.plan.dHead)
    let factor = 1 / width.squareRoot() / head.plan.scale
    return HeadRule(
      weights: .softmax(
        keys: mask, scores: { _, row in for j in row.indices { row[j] *= factor } }, weights: nil),
      output: nil)
  }

  /// For each region the regions it keeps, best first where equal by number.
  private func routing<K: Kernels>(_ head: RuleHead<K>, _ grid: PatchGrid) -> [[Int]] {
    let plan = head.plan
    let width = plan.heads * plan.dHead
    let area = Double(grid.count / (regions * regions))
    var (queries, keys) = ([[Double]](), [[Double]]())
    for _ in 0..<regions * regions {
      queries.append([Double](repeating: 0, count: width))
      keys.append([Double](repeating: 0, count: width))
    }
    for position in grid.first..<grid.first + grid.count {
      guard let region = grid.region(position, parts: regions) else { continue }
      for (index, attention) in head.layer.heads.enumerated() {
        let q = Rows.doubles(attention.queries, position)
        let k = Rows.doubles(attention.keys, position)
        for c in 0..<plan.dHead {
          queries[region][index * plan.dHead + c] += q[c] / area
          keys[region][index * plan.dHead + c] += k[c] / area
        }
      }
    }
    return queries.map { query in
      keys.map { key in zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } }.largest(top)
    }
  }
}
