import Tensors

/// Patches see only their window of the picture.
struct DaViTRule: AttentionRule {
  private static let window = RuleParameter.whole(
    "window", 7, help: "patches along a window's side")

  static let card = RuleCard(
    name: "davit", title: "DaViT: windows of patches",
    formula:
      "softmax over the keys of the query's window × window patches; CLS sees and is seen by all",
    family: .mask,
    label: .adapted(
      supplied: "the window half on a global model; tokens that are no patch stay dense"),
    evidence: .code, source: "Ding et al. 2022; dingmyu/davit davit.py", parameters: [window],
    needs: [.grid, .bidirectional])

  let window: Int

  init(_ spec: RuleSpec) { window = spec.whole(Self.window) }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    guard let grid, !grid.rows.isMultiple(of: window) || !grid.columns.isMultiple(of: window)
    else { return }
    throw .gridIndivisible(
      rule: Self.card.name, parameter: Self.window.name, value: window, rows: grid.rows,
      columns: grid.columns)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard let grid = head.layer.grid else { return .unchanged }
    let (window, end) = (window, head.keyCount)
    return .keys(
      KeyMask { query in
        let patches = grid.first..<grid.first + grid.count
        guard patches.contains(query) else { return [0..<end] }
        let (row, column) = (query - grid.first).quotientAndRemainder(dividingBy: grid.columns)
        let (top, left) = (row / window * window, column / window * window)
        let lines = (top..<top + window).map { line in
          let start = grid.first + line * grid.columns + left
          return start..<start + window
        }
        return [0..<grid.first] + lines + [patches.upperBound..<max(end, patches.upperBound)]
      })
  }
}
