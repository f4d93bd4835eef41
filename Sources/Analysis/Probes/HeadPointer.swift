import Models
import Tensors

/// A head whose most attended token is one of the prompt, and the one that the model wrote next.
///
/// Source: Wu et al. 2024, "Retrieval Head Mechanistically Explains Long-Context Factuality", without their
/// limit to a needle.
public struct HeadPointer: Sendable, Hashable {
  /// Which head.
  public let head: HeadIndex
  /// Where the token stands in the prompt.
  public let key: Int
  /// How much of the head's attention goes there, from 0 to 1.
  public let weight: Float

  /// A head, its key and the weight.
  public init(head: HeadIndex, key: Int, weight: Float) {
    (self.head, self.key, self.weight) = (head, key, weight)
  }

  /// The heads whose most attended key at the last query is a token of the prompt with some id.
  ///
  /// - Parameters:
  ///   - maps: Of the prompt and what was written after it.
  ///   - id: The token that comes next.
  ///   - prompt: Its tokens are the first keys.
  /// - Returns: The surest first.
  /// - Complexity: One row of every map.
  public static func all(
    in maps: any PatternSource, to id: Int, prompt: Prompt
  ) -> [HeadPointer] {
    let results = Slots<HeadPointer?>(count: maps.layers * maps.heads)
    let (query, count) = (maps.queryCount - 1, maps.keyCount)
    guard query >= 0 else { return [] }
    Parallel.forEach(maps.layers * maps.heads) { index in
      let head = HeadIndex(layer: index / maps.heads, head: index % maps.heads)
      let row = maps.pattern(head, rows: query..<query + 1, columns: 0..<count).elements
      var best = 0
      for key in row.indices where row[key] > row[best] { best = key }
      let isPointer = best < prompt.seq && prompt.tokens[best].id == id && row[best] > 0
      results.put(
        isPointer ? HeadPointer(head: head, key: best, weight: row[best]) : nil, at: index)
    }
    return results.take().compactMap { $0 }.sorted { (-$0.weight, $0.head) < (-$1.weight, $1.head) }
  }
}
