import Tensors

/// Which keys Titans' attention would see, without its memory.
struct TitansMaskRule: AttentionRule {
  private static let form = RuleParameter.choice(
    "form", ["segment", "window"], "memory as context, or as a gate")
  private static let size = RuleParameter.whole("size", 128, help: "tokens of a segment or window")

  static let card = RuleCard(
    name: "titans-mask", title: "Titans' mask without memory",
    formula: "softmax over the earlier keys of the query's segment (form segment) or over the last"
      + " `size` keys (form window)",
    family: .mask,
    label: .adapted(
      supplied: "the mask half only, no memory and no persistent tokens: a lower bound"),
    evidence: .text, source: "Behrouz et al. 2024, Titans", parameters: [form, size],
    needs: [.causal], kvFraction: "size / n")

  let isWindow: Bool
  let size: Int

  init(_ spec: RuleSpec) {
    isWindow = spec.text(Self.form) == "window"
    size = spec.whole(Self.size)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let (isWindow, size) = (isWindow, size)
    return .keys(
      KeyMask { query in
        let start = isWindow ? max(0, query - size + 1) : query / size * size
        return [start..<query + 1]
      })
  }
}
