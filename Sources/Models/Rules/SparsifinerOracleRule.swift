import Tensors

/// The keys that a perfect predictor would keep at Sparsifiner's budget.
struct SparsifinerOracleRule: AttentionRule {
  private static let keep = RuleParameter.number(
    "keep", 0.25, 0...1, "share of all keys kept in each row")
  private static let cls = RuleParameter.choice(
    "first", ["dense", "sparse"], "whether row 0, CLS, keeps everything")

  static let card = RuleCard(
    name: "sparsifiner-oracle", title: "Sparsifiner, with a perfect predictor",
    formula: "the ⌈keep · n⌉ largest weights of each row, divided by their sum; row 0 dense",
    family: .mask, label: .oracle, evidence: .code,
    source: "Wei et al. 2023; lim142857/Sparsifiner sparsifiner.py", parameters: [keep, cls],
    kvFraction: "1 (an upper bound on any predictor)")

  let keep: Double
  let isFirstDense: Bool

  init(_ spec: RuleSpec) {
    keep = spec.number(Self.keep)
    isFirstDense = spec.text(Self.cls) == "dense"
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let count = max(1, Int((keep * Double(head.keyCount)).rounded(.up)))
    let isFirstDense = isFirstDense
    return .weights { query, row in
      if query > 0 || !isFirstDense { row.keepLargest(count) }
    }
  }
}
