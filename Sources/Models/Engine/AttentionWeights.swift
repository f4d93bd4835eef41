import Tensors

/// Where scores become weights: the one place that masks, sinks, and later rules and knock-outs, pass
/// through, for the forward pass and for a map that someone looks at alike.
enum AttentionWeights<K: Kernels> {
  /// The rows of one head's map for some queries, cut to the keys that any of them can see:
  /// `[queries, keys]`.
  static func weights(_ head: HeadAttention<K.Element>, rows: Range<Int>) -> Tensor<K.Element> {
    var tile = scores(head, rows: rows, keyCount: head.keyCount(rows: rows))
    replaceScores(tile.mutableMatrix(), of: head, rows: rows)
    return tile
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
      head.queries.rows(rows), head.keys.rows(keys), transposed: true,
      scale: K.Element(head.plan.scale), adding: false, into: target)
    if let bias = head.bias {
      for (i, query) in rows.enumerated() {
        let row = bias.row(head.head, query: query, keys: keys.upperBound)
        K.add(row.columns(keys), to: target.rows(i..<i + 1))
      }
    }
    head.disentangled?.add(to: target, of: head, rows: rows, K.self)
    if let cap = head.plan.cap { K.cap(target, at: K.Element(cap)) }
  }

  /// Scores become weights.
  private static func replaceScores(
    _ scores: MutableMatrix<K.Element>, of head: HeadAttention<K.Element>, rows: Range<Int>
  ) {
    K.hide(scores) { head.visible(query: rows.lowerBound + $0) }
    softmax(scores, of: head)
  }

  /// The softmax of every row, the head's learned sink among the keys.
  static func softmax(_ scores: MutableMatrix<K.Element>, of head: HeadAttention<K.Element>) {
    if let sink = head.sink { K.softmax(scores, sink: sink) } else { K.softmax(scores) }
  }
}

/// How attention is cut.
enum AttentionTiling {
  /// How many queries one tile takes: so many that it stays in a core's cache, and enough that products
  /// run at full speed, which matters more for long prompts.
  static func rowsPerTile(seq: Int) -> Int { min(256, max(128, 131_072 / max(1, seq))) }
}
