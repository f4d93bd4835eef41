import Tensors

/// Tokens of one span do not see those of another.
struct IsolationRule: AttentionRule {
  private static let spans = RuleParameter.text(
    "spans", "names of the spans to keep apart, with + between them; all when empty")

  static let card = RuleCard(
    name: "isolation", title: "IR-Diffusion: isolated subjects",
    formula: "softmax without keys of another span b ≠ a for queries of span a",
    family: .mask,
    label: .adapted(supplied: "spans of tokens in place of a picture's subjects"),
    evidence: .code, source: "He et al. 2024, DreamStory; hehuiguo/DreamStory",
    parameters: [spans], needs: [.spans])

  private let names: [String]

  init(_ spec: RuleSpec) { names = spec.list(Self.spans) }

  private func chosen(_ spans: [PromptSpan]) -> [PromptSpan] {
    names.isEmpty ? spans : spans.filter { names.contains($0.name) }
  }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    for name in names { _ = try SpanChoice.named(name, in: spans, rule: Self.card.name) }
    try SpanChoice.checkApart(chosen(spans), atLeast: 2, rule: Self.card.name)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let spans = chosen(head.layer.spans).map(\.tokens).sorted { $0.lowerBound < $1.lowerBound }
    let end = head.keyCount
    return .keys(
      KeyMask { query in
        guard let own = spans.first(where: { $0.contains(query) }) else { return [0..<end] }
        var ranges: [Range<Int>] = []
        var start = 0
        for span in spans where span != own {
          if start < span.lowerBound { ranges.append(start..<span.lowerBound) }
          start = span.upperBound
        }
        return ranges + (start < end ? [start..<end] : [])
      })
  }
}
