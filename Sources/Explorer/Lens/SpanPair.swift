import Models
import Tensors

/// From which named part of a prompt to which: the attention that is looked at.
public struct SpanPair: Sendable, Hashable, CustomStringConvertible {
  /// The names of the queries' part and of the keys'.
  public let from, to: String

  /// A pair of names.
  public init(from: String, to: String) { (self.from, self.to) = (from, to) }

  /// Reads `A->B`; nil for anything else.
  public init?(_ text: String) {
    guard let arrow = text.firstRange(of: "->") else { return nil }
    let (from, to) = (String(text[..<arrow.lowerBound]), String(text[arrow.upperBound...]))
    guard !from.isEmpty, !to.isEmpty else { return nil }
    self.init(from: from, to: to)
  }

  /// `A->B`.
  public var description: String { "\(from)->\(to)" }
}

extension [PromptSpan] {
  /// Every pair of these parts, in the order of their names.
  public var pairs: [SpanPair] { pairs(to: self) }

  /// Every pair of a part of these and one of others, in the order of their names.
  func pairs(to keys: [PromptSpan]) -> [SpanPair] {
    func names(_ spans: [PromptSpan]) -> [String] {
      spans.map(\.name).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    return names(self).flatMap { from in names(keys).map { SpanPair(from: from, to: $0) } }
  }
}

extension Subject {
  /// Named parts of the queries.
  var querySpans: [PromptSpan] { queryPrompt?.spans ?? [] }
  /// Named parts of the keys.
  var keySpans: [PromptSpan] { keyPrompt?.spans ?? [] }

  /// Every pair of named parts, in the order of their names.
  public var spanPairs: [SpanPair] { querySpans.pairs(to: keySpans) }

  /// Whether tokens can be merged into words: the patches of an image cannot.
  var hasWords: Bool {
    patterns.queryCount == patterns.keyCount && tokens.count == patterns.keyCount
      && keyPrompt?.grid == nil && queryPrompt?.grid == nil
  }
}

/// Maps with the weights from one part of a prompt to another alone; all others are left out.
struct BetweenPatterns: DerivedPatterns {
  let base: any PatternSource
  private let queries, keys: Set<Int>

  /// Nil when the prompt has no such parts.
  init?(
    _ base: any PatternSource, _ pair: SpanPair, queries querySpans: [PromptSpan],
    keys keySpans: [PromptSpan]
  ) {
    func positions(_ spans: [PromptSpan], _ name: String) -> Set<Int> {
      Set(spans.filter { $0.name == name }.flatMap(\.tokens))
    }
    queries = positions(querySpans, pair.from)
    keys = positions(keySpans, pair.to)
    guard !queries.isEmpty, !keys.isEmpty else { return nil }
    self.base = base
  }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    var result = base.pattern(head, rows: rows, columns: columns).elements
    for (row, query) in rows.enumerated() {
      for (column, key) in columns.enumerated()
      where !(queries.contains(query) && keys.contains(key)) {
        result[row * columns.count + column] = 0
      }
    }
    return Tensor(result, shape: [rows.count, columns.count])
  }
}
