import Tensors

/// Edges from queries to keys cut: the rest of each row's softmax takes over.
struct CutRule: AttentionRule {
  private static let edges = RuleParameter.text(
    "edges", "QUERY>KEY joined by +; each a position, a range such as 3-5, or * for all")

  static let card = RuleCard(
    name: "cut", title: "Cut edges",
    formula: "softmax over the keys to which no edge is cut; a row without any is zero",
    family: .mask, label: .plain, evidence: .own,
    source: "Geva et al. 2023, Dissecting Recall of Factual Associations, for the knock-out",
    parameters: [edges], rows: .atMostOne)

  /// Some queries, and keys that they no longer see.
  struct Edge: Sendable, Hashable {
    let queries, keys: ClosedRange<Int>

    /// Reads `9>3`, `*>0` or `4-7>1-2`; nil for anything else.
    init?(_ text: some StringProtocol) {
      let ends = text.split(separator: ">", omittingEmptySubsequences: false)
      guard ends.count == 2, let queries = Self.range(ends[0]), let keys = Self.range(ends[1])
      else { return nil }
      (self.queries, self.keys) = (queries, keys)
    }

    private static func range(_ text: some StringProtocol) -> ClosedRange<Int>? {
      if text == "*" { return 0...Int.max - 1 }
      let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends[0], let last = ends.count == 1 ? first : ends[1], ends.count < 3,
        first >= 0, last >= first, last < Int.max
      else { return nil }
      return first...last
    }
  }

  let edges: [Edge]

  init(_ spec: RuleSpec) throws(RuleError) {
    let text = spec.text(Self.edges)
    var edges: [Edge] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) where !text.isEmpty {
      guard let edge = Edge(part) else {
        throw .badValue(
          rule: Self.card.name, parameter: Self.edges.name, found: String(part),
          expected: "QUERY>KEY, such as 9>3, *>0 or 4-7>1-2")
      }
      edges.append(edge)
    }
    self.edges = edges
  }

  func calibrated<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> any AttentionRule {
    for edge in edges {
      for (first, count) in [
        (edge.queries.lowerBound, trace.seq), (edge.keys.lowerBound, trace.keyCount),
      ] where first >= count {
        throw RuleError.outside(
          rule: Self.card.name, parameter: Self.edges.name, position: first, seq: count)
      }
    }
    return self
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let (edges, count) = (edges, head.keyCount)
    return .keys(
      KeyMask { query in
        let gone = edges.filter { $0.queries.contains(query) && $0.keys.lowerBound < count }
          .map { $0.keys.lowerBound..<min(count, $0.keys.upperBound + 1) }
        var (kept, next): ([Range<Int>], Int) = ([], 0)
        for keys in KeyMask.merged(gone) {
          if next < keys.lowerBound { kept.append(next..<keys.lowerBound) }
          next = keys.upperBound
        }
        return next < count ? kept + [next..<count] : kept
      })
  }
}
