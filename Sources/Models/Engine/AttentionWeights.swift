import Tensors

/// Where scores become weights: the one place that masks, sinks, and later rules and knock-outs, pass
/// through, for the forward pass and for a map that someone looks at alike.
enum AttentionWeights<K: Kernels> {
  /// The rows of one head's map for some queries, cut to the keys that any of them can see:
  /// `[queries, keys]`.
  static func weights(_ head: HeadAttention<K.Element>, rows: Range<Int>) -> Tensor<K.Element> {
    let keys = 0..<head.keyCount(rows: rows)
    var tile = Tensor<K.Element>(uninitialized: [rows.count, keys.count])
    let target = tile.mutableMatrix()
    guard head.sums == nil else {
      weigh(head, rows: rows, keys: keys, into: target)
      return tile
    }
    score(head, rows: rows, keys: keys, into: target)
    K.hide(target) { head.visible(query: rows.lowerBound + $0) }
    softmax(target, of: head)
    return tile
  }

  /// Any tile of the map of a head whose sums are known, `[queries, keys]`; zero where a query cannot see a
  /// key.
  ///
  /// - Complexity: O(rows × keys × dHead).
  static func weigh(
    _ head: HeadAttention<K.Element>, rows: Range<Int>, keys: Range<Int>,
    into target: MutableMatrix<K.Element>
  ) {
    guard let sums = head.sums else { preconditionFailure("\(head.head) has no sums") }
    score(head, rows: rows, keys: keys, into: target)
    K.weigh(
      target, visible: head.visibleColumns(rows: rows, keys: keys),
      maxima: sums.maxima.columns(rows), totals: sums.totals.columns(rows))
  }

  /// `scale · queries · keysᵀ` with what position adds, capped, `[queries, keys]`.
  static func scores(
    _ head: HeadAttention<K.Element>, rows: Range<Int>, keyCount: Int
  ) -> Tensor<K.Element> {
    var scores = Tensor<K.Element>(uninitialized: [rows.count, keyCount])
    score(head, rows: rows, keys: 0..<keyCount, into: scores.mutableMatrix())
    return scores
  }

  /// The same for some of the keys, `[queries, keys]`.
  static func score(
    _ head: HeadAttention<K.Element>, rows: Range<Int>, keys: Range<Int>,
    into target: MutableMatrix<K.Element>
  ) {
    K.multiply(
      head.kept.queries.rows(rows), transposing: head.kept.keys.rows(keys),
      scale: K.Element(head.plan.scale), into: target)
    if let bias = head.bias {
      for (i, query) in rows.enumerated() {
        let row = bias.row(head.head, query: query, keys: keys.upperBound)
        K.add(row.columns(keys), to: target.rows(i..<i + 1))
      }
    }
    head.disentangled?.add(to: target, of: head, rows: rows, keys: keys, K.self)
    if let cap = head.plan.cap { K.cap(target, at: K.Element(cap)) }
  }

  /// The softmax of every row, the head's learned sink among the keys.
  static func softmax(_ scores: MutableMatrix<K.Element>, of head: HeadAttention<K.Element>) {
    if let sink = head.sink { K.softmax(scores, sink: sink) } else { K.softmax(scores) }
  }
}

/// How attention is cut.
enum AttentionTiling {
  /// How many queries one tile takes: enough that products run at full speed.
  static let rows = 128
  /// How many keys one tile takes: so few that its scores, the keys and the values stay in a core's cache.
  static let keys = 512

  /// How many queries a tile takes that holds all keys.
  static func rowsPerTile(seq: Int) -> Int { min(256, max(128, 131_072 / max(1, seq))) }

  /// The tiles of keys that make up a range; they begin at multiples of `keys`, so that their sizes, which
  /// kernels are compiled for, are few.
  static func tiles(of keys: Range<Int>) -> [Range<Int>] {
    stride(from: keys.lowerBound / Self.keys * Self.keys, to: keys.upperBound, by: Self.keys)
      .map { ($0..<$0 + Self.keys).clamped(to: keys) }
  }
}
