import Tensors

/// What one layer's attention read and wrote.
///
/// Rows are tokens; a head is a window of columns.
public struct LayerTrace<Element: Scalar>: Sendable {
  /// After position encoding, `[seq, heads · dHead]`.
  public let queries: Tensor<Element>
  /// After position encoding, `[seq, kvHeads · dHead]`.
  public let keys: Tensor<Element>
  /// `[seq, kvHeads · dHead]`.
  public let values: Tensor<Element>
  /// Pattern · values, before the output projection, `[seq, heads · dHead]`.
  public internal(set) var weightedValues: Tensor<Element>
}

/// What a run keeps: everything that maps, scores and exports are derived from.
///
/// Memory grows with `layers × seq × dModel`; a map is recomputed when someone looks at it.
public struct Trace<Element: Scalar>: Sendable {
  /// What was run.
  public let prompt: Prompt
  /// The model's description.
  public let plan: ModelPlan
  /// The residual stream, `[seq, dModel]`: entering each layer, then leaving the last one, before the
  /// final norm.
  public let residuals: [Tensor<Element>]
  /// One for each layer.
  public let attention: [LayerTrace<Element>]
  /// What was changed in this run.
  public let interventions: [Intervention]

  /// The number of tokens.
  public var seq: Int { prompt.seq }

  /// One head's queries after position encoding, `[seq, dHead]`.
  public func queries(_ head: HeadIndex) -> Matrix<Element> {
    window(attention[head.layer].queries, head.head, head.layer)
  }

  /// The keys that a query head reads, after position encoding, `[seq, dHead]`.
  public func keys(_ head: HeadIndex) -> Matrix<Element> {
    window(attention[head.layer].keys, kvHead(head), head.layer)
  }

  /// The values that a query head reads, `[seq, dHead]`.
  public func values(_ head: HeadIndex) -> Matrix<Element> {
    window(attention[head.layer].values, kvHead(head), head.layer)
  }

  /// One head's pattern · values, before the output projection, `[seq, dHead]`.
  public func weightedValues(_ head: HeadIndex) -> Matrix<Element> {
    window(attention[head.layer].weightedValues, head.head, head.layer)
  }

  /// The rows of one head's map for some queries, cut to the keys that any of them can see.
  ///
  /// - Returns: `[rows, visible keys]`, keys from 0.
  /// - Complexity: O(rows × seq × dHead).
  public func visiblePattern(_ head: HeadIndex, rows: Range<Int>) -> Tensor<Element> {
    AttentionWeights<Element.PreferredKernels>.weights(
      plan.blocks[head.layer].attention, queries: queries(head), keys: keys(head), rows: rows)
  }

  /// What one head's softmax would see without its mask: `scale · queries · keysᵀ`, `[rows, seq]`.
  public func scores(_ head: HeadIndex, rows: Range<Int>) -> Tensor<Element> {
    AttentionWeights<Element.PreferredKernels>.scores(
      plan.blocks[head.layer].attention, queries: queries(head).rows(rows), keys: keys(head))
  }

  /// A tile of one head's map, in the precision of the run.
  ///
  /// - Returns: `[rows, columns]`; zero where a query cannot see a key.
  public func exactPattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>
  ) -> Tensor<Element> {
    var result = Tensor<Element>(repeating: 0, shape: [rows.count, columns.count])
    let target = result.mutableMatrix()
    let step = AttentionTiling.rowsPerTile(seq: seq)
    Parallel.forEach((rows.count + step - 1) / step) { block in
      let start = rows.lowerBound + block * step
      let part = start..<min(rows.upperBound, start + step)
      let tile = visiblePattern(head, rows: part).matrix
      let seen = columns.clamped(to: 0..<tile.columns)
      guard !seen.isEmpty else { return }
      let offset = part.lowerBound - rows.lowerBound
      target.window(
        rows: offset..<offset + part.count,
        columns: seen.lowerBound - columns.lowerBound..<seen.upperBound - columns.lowerBound
      ).copy(from: tile.columns(seen))
    }
    return result
  }

  private func kvHead(_ head: HeadIndex) -> Int {
    plan.blocks[head.layer].attention.kvHead(of: head.head)
  }

  private func window(_ tensor: Tensor<Element>, _ index: Int, _ layer: Int) -> Matrix<Element> {
    tensor.matrix.columns(plan.blocks[layer].attention.columns(index))
  }
}

extension Trace: PatternSource {
  /// The number of blocks.
  public var layers: Int { plan.layers }
  /// The number of query heads in each layer.
  public var heads: Int { plan.heads }
  /// The number of tokens.
  public var queryCount: Int { seq }
  /// The number of tokens.
  public var keyCount: Int { seq }
  /// Always, so far.
  public var isCausal: Bool { true }

  /// A tile of one head's map in single precision.
  public func pattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>
  ) -> Tensor<Float> {
    exactPattern(head, rows: rows, columns: columns).converted(to: Float.self)
  }
}
