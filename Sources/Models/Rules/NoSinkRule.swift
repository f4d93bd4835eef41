import Tensors

/// Some keys are taken away and their weight is shared out.
struct NoSinkRule: AttentionRule {
  private static let positions = RuleParameter.text(
    "positions", "keys to drop, with + between them, such as 0+3; key 0 when empty")

  static let card = RuleCard(
    name: "no-sink", title: "Without sinks",
    formula: "the named keys' weights are 0, the rest divided by their sum; a row left empty stays",
    family: .reweighting, label: .plain, evidence: .own, source: "–", parameters: [positions],
    kvFraction: "1 − sinks / n")

  let positions: [Int]

  init(_ spec: RuleSpec) throws(RuleError) {
    let given = try spec.wholes(Self.positions)
    positions = given.isEmpty ? [0] : given
  }

  func calibrated<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> any AttentionRule {
    guard let beyond = positions.first(where: { $0 >= trace.keyCount }) else { return self }
    throw RuleError.outside(
      rule: Self.card.name, parameter: Self.positions.name, position: beyond, seq: trace.keyCount)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let dropped = Set(positions)
    let unchanged = (0..<head.seq).filter { head.visible($0).allSatisfy(dropped.contains) }
    var rule = HeadRule<K.Element>.weights { _, row in
      row.keep(row.indices.filter { !dropped.contains($0) })
    }
    rule.cache = .keys(head.visible(head.seq - 1).count { !dropped.contains($0) })
    rule.facts = [RuleFact("rows left as they were, for want of another key", unchanged.count)]
    return rule
  }
}
