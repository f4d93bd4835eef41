/// How rules find the spans they are about.
enum SpanChoice {
  /// The first span of that name.
  static func named(
    _ name: String, in spans: [PromptSpan], rule: String
  ) throws(RuleError) -> PromptSpan {
    guard let span = spans.first(where: { $0.name == name }) else {
      throw .spanUnknown(rule: rule, span: name, marked: spans.map(\.name))
    }
    return span
  }

  /// The named span, or the first one when no name is given.
  static func chosen(
    _ name: String, in spans: [PromptSpan], rule: String
  ) throws(RuleError) -> PromptSpan {
    guard name.isEmpty else { return try named(name, in: spans, rule: rule) }
    guard let first = spans.first else {
      throw .spansMissing(rule: rule, found: 0, needed: 1)
    }
    return first
  }

  /// Checks that there are enough spans and that no two of them share a token.
  static func checkApart(
    _ spans: [PromptSpan], atLeast count: Int, rule: String
  ) throws(RuleError) {
    guard spans.count >= count else {
      throw .spansMissing(rule: rule, found: spans.count, needed: count)
    }
    let ordered = spans.sorted { $0.tokens.lowerBound < $1.tokens.lowerBound }
    for (a, b) in zip(ordered, ordered.dropFirst())
    where a.tokens.upperBound > b.tokens.lowerBound {
      throw .spansOverlap(rule: rule, first: a.name, second: b.name)
    }
  }
}
