import Synchronization
import Tensors

/// One layer's attention as rules see it.
public struct RuleLayer<K: Kernels>: Sendable {
  /// Every head as the model computed it.
  let heads: [HeadAttention<K.Element>]
  /// Which layer, of how many.
  let layer, layers: Int
  /// The residual stream entering the layer, `[seq, dModel]`.
  let residual: Matrix<K.Element>
  /// What the user marked in the prompt.
  let spans: [PromptSpan]
  /// Where patches stand; nil for text.
  let grid: PatchGrid?
  /// What rules share among the layer's heads.
  let memo = RuleMemo()

  /// ‖q‖ of every head at every token, `[token][head]`.
  var queryNorms: [[Double]] {
    let norms = heads.map { head in
      (0..<head.queries.rows).map { token in
        Rows.doubles(head.queries, token).reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
    }
    return (0..<(norms.first?.count ?? 0)).map { token in norms.map { $0[token] } }
  }
}

/// What is worked out once for all heads of a layer, or of a group, by name.
final class RuleMemo: Sendable {
  private let values = Mutex<[String: any Sendable]>([:])

  /// The value of that name, made when it is asked for first.
  ///
  /// Others who ask wait: they need it, too.
  func value<Value: Sendable>(_ name: String, _ make: () -> Value) -> Value {
    values.withLock { values in
      if let known = values[name] as? Value { return known }
      let value = make()
      values[name] = value
      return value
    }
  }
}

/// One head as rules see it: everything is still as the model computed it.
public struct RuleHead<K: Kernels>: Sendable {
  typealias Element = K.Element

  /// Its layer.
  let layer: RuleLayer<K>
  /// The query head in that layer.
  let head: Int

  /// What the model computed for it.
  var attention: HeadAttention<Element> { layer.heads[head] }
  var plan: AttentionPlan { attention.plan }
  /// The key/value head it reads.
  var kvHead: Int { plan.kvHead(of: head) }
  /// The query heads that read the same key/value head.
  var group: Range<Int> {
    let size = plan.heads / plan.kvHeads
    return kvHead * size..<(kvHead + 1) * size
  }
  /// `[seq, dHead]`.
  var queries: Matrix<Element> { attention.queries }
  /// `[keys, dHead]`.
  var keys: Matrix<Element> { attention.keys }
  /// `[keys, dValue]`.
  var values: Matrix<Element> { attention.values }
  /// How many queries.
  var seq: Int { queries.rows }
  /// How many keys.
  var keyCount: Int { keys.rows }
  /// Whether no query sees a later key.
  var isCausal: Bool { plan.mask.isCausal }

  /// Another head of the layer.
  func other(_ head: Int) -> RuleHead { RuleHead(layer: layer, head: head) }

  /// The keys that a query can see, whatever the rule.
  func visible(_ query: Int) -> Range<Int> { attention.visible(query: query) }

  /// How many keys, from the first on, the tile of some queries holds.
  func width(_ rows: Range<Int>) -> Int { attention.keyCount(rows: rows) }

  /// The scores before softmax of some queries and keys, `[rows, keys]`, no key hidden.
  func scores(_ rows: Range<Int>, keys range: Range<Int>) -> Tensor<Element> {
    var scores = Tensor<Element>(uninitialized: [rows.count, range.count])
    score(rows, keys: range, into: scores.mutableMatrix())
    return scores
  }

  /// The same into a part of a tile.
  func score(_ rows: Range<Int>, keys range: Range<Int>, into target: MutableMatrix<Element>) {
    AttentionWeights<K>.score(attention, rows: rows, keys: range, into: target)
  }

  /// Scaled products of vectors that are not the head's own, `[rows, keys]`.
  func scores(of queries: Tensor<Element>, keys: Matrix<Element>) -> Tensor<Element> {
    var scores = Tensor<Element>(uninitialized: [queries.shape[0], keys.rows])
    K.multiply(
      queries.matrix, keys, transposed: true, scale: Element(plan.scale), adding: false,
      into: scores.mutableMatrix())
    return scores
  }

  /// The model's own weights of some queries, `[rows, width]`.
  func weights(_ rows: Range<Int>) -> Tensor<Element> {
    AttentionWeights<K>.weights(attention, rows: rows)
  }

  /// One query's own weights over all keys it can see, in double precision.
  func weights(of query: Int) -> [Double] { Rows.doubles(weights(query..<query + 1).matrix, 0) }

  /// Calls `body` with every query and its own weights over the keys from 0 that its tile holds.
  func forEachRow(_ body: (Int, [Double]) -> Void) {
    for start in stride(from: 0, to: seq, by: 128) {
      let rows = start..<min(seq, start + 128)
      let tile = weights(rows)
      for (row, query) in rows.enumerated() { body(query, Rows.doubles(tile.matrix, row)) }
    }
  }

  /// Scores become weights: keys that a query cannot see or that the mask drops count for nothing.
  ///
  /// - Parameters:
  ///   - tile: `[rows, keys]`.
  ///   - rows: Which queries.
  ///   - ranges: Which keys the columns are, one range after the other.
  ///   - mask: What the rule keeps; nil for everything.
  func softmax(
    _ tile: MutableMatrix<Element>, rows: Range<Int>, keys ranges: [Range<Int>], mask: KeyMask?
  ) {
    var empty: [Int] = []
    for (row, query) in rows.enumerated() {
      let seen = visible(query)
      let kept = mask?.keys(query, visible: seen) ?? [seen]
      if kept.isEmpty { empty.append(row) }
      hide(tile, row: row, ranges, except: kept)
    }
    // The softmax of nothing is no number; such a row holds zeros.
    for row in empty { Rows.fill(tile, row: row, columns: 0..<tile.columns, with: 0) }
    AttentionWeights<K>.softmax(tile, of: attention)
    for row in empty { Rows.fill(tile, row: row, columns: 0..<tile.columns, with: 0) }
  }

  /// Puts −∞ where a row's keys are not among those kept.
  private func hide(
    _ tile: MutableMatrix<Element>, row: Int, _ ranges: [Range<Int>], except kept: [Range<Int>]
  ) {
    var offset = 0
    var next = 0
    for range in ranges {
      var place = range.lowerBound
      while next < kept.count, kept[next].upperBound <= place { next += 1 }
      var index = next
      while index < kept.count, kept[index].lowerBound < range.upperBound {
        let start = max(place, kept[index].lowerBound)
        if start > place {
          fill(tile, row, place..<start, range, offset)
        }
        place = min(range.upperBound, kept[index].upperBound)
        index += 1
      }
      if place < range.upperBound { fill(tile, row, place..<range.upperBound, range, offset) }
      offset += range.count
    }
  }

  private func fill(
    _ tile: MutableMatrix<Element>, _ row: Int, _ keys: Range<Int>, _ range: Range<Int>,
    _ offset: Int
  ) {
    let start = keys.lowerBound - range.lowerBound + offset
    Rows.fill(tile, row: row, columns: start..<start + keys.count, with: -.infinity)
  }
}

// Spans.
extension RuleHead {
  /// The tokens of the span that a rule is about; nil where `SpanChoice.chosen` would have refused it.
  func span(_ name: String) -> Range<Int>? {
    try? SpanChoice.chosen(name, in: layer.spans, rule: "").tokens
  }
}

// Positions.
extension RuleHead {
  /// Vectors turned on by so many tokens each, back when negative; without rotation, as they were.
  func turned(_ rows: Matrix<Element>, by steps: [Int]) -> Tensor<Element> {
    var result = rows.copied
    guard case .rotary(let rotary) = plan.position else { return result }
    Rotation<Element>(rotary, steps: steps, seq: seq).turn(
      result.mutableMatrix(), rows: 0..<steps.count, dHead: plan.dHead, K.self)
    return result
  }

  /// Queries before rotation, but for the magnitude that some schemes give turned numbers, `[seq, dHead]`.
  var unrotatedQueries: Tensor<Element> { turnedBack(queries) }

  /// Keys before rotation, `[seq, dHead]`.
  var unrotatedKeys: Tensor<Element> { turnedBack(keys) }

  /// Every row turned back by its position; the angles are worked out once for the layer.
  private func turnedBack(_ rows: Matrix<Element>) -> Tensor<Element> {
    var result = rows.copied
    guard case .rotary(let rotary) = plan.position else { return result }
    let count = max(seq, keyCount)
    let rotation = layer.memo.value("turned back") {
      Rotation<Element>(rotary, steps: (0..<count).map { -$0 }, seq: seq)
    }
    rotation.turn(result.mutableMatrix(), rows: 0..<rows.rows, dHead: plan.dHead, K.self)
    return result
  }
}
