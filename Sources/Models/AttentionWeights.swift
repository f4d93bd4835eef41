import Tensors

/// Where scores become weights: the one place that masks, and later rules, sinks and knock-outs, pass
/// through, for the forward pass and for a map that someone looks at alike.
enum AttentionWeights<K: Kernels> {
  /// How many keys the last of some queries can see.
  static func visibleKeys(_ mask: MaskPlan, queries: Range<Int>) -> Int {
    switch mask {
    case .causal: queries.upperBound
    }
  }

  /// The rows of one head's map for some queries: `[queries, visible keys]`.
  ///
  /// - Parameters:
  ///   - plan: The layer's attention.
  ///   - queries: The head's, `[seq, dHead]`.
  ///   - keys: Its key/value head's, `[seq, dHead]`.
  ///   - rows: Which queries.
  static func weights(
    _ plan: AttentionPlan, queries: Matrix<K.Element>, keys: Matrix<K.Element>, rows: Range<Int>
  ) -> Tensor<K.Element> {
    let visible = visibleKeys(plan.mask, queries: rows)
    var tile = scores(plan, queries: queries.rows(rows), keys: keys.rows(0..<visible))
    replaceScores(tile.mutableMatrix(), by: plan, rows: rows)
    return tile
  }

  /// `scale · queries · keysᵀ`, `[queries, keys]`.
  static func scores(
    _ plan: AttentionPlan, queries: Matrix<K.Element>, keys: Matrix<K.Element>
  ) -> Tensor<K.Element> {
    var scores = Tensor<K.Element>(uninitialized: [queries.rows, keys.rows])
    K.multiply(
      queries, keys, transposed: true, scale: K.Element(plan.scale), adding: false,
      into: scores.mutableMatrix())
    return scores
  }

  /// Scores become weights.
  private static func replaceScores(
    _ scores: MutableMatrix<K.Element>, by plan: AttentionPlan, rows: Range<Int>
  ) {
    switch plan.mask {
    case .causal: K.hideFuture(scores, firstQuery: rows.lowerBound)
    }
    K.softmax(scores)
  }
}

/// How attention is cut.
enum AttentionTiling {
  /// How many queries one tile takes, so that it stays in a core's cache.
  static func rowsPerTile(seq: Int) -> Int { min(256, max(16, 131_072 / max(1, seq))) }
}
