import Tensors

/// What one layer's attention read and wrote.
///
/// Rows are tokens; a head is a window of columns.
public struct LayerTrace<Element: Scalar>: Sendable {
  /// After position encoding, `[seq, heads · dHead]`.
  public let queries: Tensor<Element>
  /// After position encoding, `[seq, kvHeads · dHead]`.
  public let keys: Tensor<Element>
  /// `[seq, kvHeads · dValue]`.
  public let values: Tensor<Element>
  /// Pattern · values, before the output projection, `[seq, heads · dValue]`.
  public internal(set) var weightedValues: Tensor<Element>
  /// What scores need besides queries and keys.
  let extras: ScoreExtras<Element>

  /// Every head of the layer.
  func heads(_ plan: AttentionPlan, _ layer: Int) -> [HeadAttention<Element>] {
    (0..<plan.heads).map { head in
      HeadAttention(
        plan, HeadIndex(layer: layer, head: head), queries: queries.matrix, keys: keys.matrix,
        values: values.matrix, extras: extras)
    }
  }
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
  /// How far the rules in force reach; nil without any.
  public let reach: RuleReach?
  /// The rules in force.
  let prepared: PreparedRules<Element>
  /// The other parts of a run of several stacks, such as the encoder; none for one stack alone.
  let streams: [StreamName: Trace]
  /// What keys stand for, where they are another stack's; nil where queries and keys are the same tokens.
  let keyPrompt: Prompt?

  /// A run; `frozen` are rules that were put in afterwards, everything else left as it was.
  init(
    prompt: Prompt, plan: ModelPlan, residuals: [Tensor<Element>],
    attention: [LayerTrace<Element>], interventions: [Intervention] = [],
    frozen: PreparedRules<Element>? = nil, streams: [StreamName: Trace] = [:],
    keyPrompt: Prompt? = nil
  ) {
    self.prompt = prompt
    self.plan = plan
    self.residuals = residuals
    self.attention = attention
    self.interventions = interventions
    self.streams = streams
    self.keyPrompt = keyPrompt
    prepared = frozen ?? PreparedRules(interventions.rules)
    reach = prepared.rules.isEmpty ? nil : frozen == nil ? .propagated : .local
  }

  /// The number of tokens.
  public var seq: Int { prompt.seq }

  /// Everything that one head's scores and weights follow from.
  public func attention(_ head: HeadIndex) -> HeadAttention<Element> {
    let layer = attention[head.layer]
    return HeadAttention(
      plan.blocks[head.layer].attention, head, queries: layer.queries.matrix,
      keys: layer.keys.matrix, values: layer.values.matrix, extras: layer.extras)
  }

  /// One head's queries after position encoding, `[seq, dHead]`.
  public func queries(_ head: HeadIndex) -> Matrix<Element> { attention(head).queries }

  /// The keys that a query head reads, after position encoding, `[seq, dHead]`.
  public func keys(_ head: HeadIndex) -> Matrix<Element> { attention(head).keys }

  /// The values that a query head reads, `[seq, dValue]`.
  public func values(_ head: HeadIndex) -> Matrix<Element> { attention(head).values }

  /// One head's pattern · values, before the output projection, `[seq, dValue]`.
  public func weightedValues(_ head: HeadIndex) -> Matrix<Element> {
    attention[head.layer].weightedValues.matrix.columns(
      plan.blocks[head.layer].attention.valueColumns(head.head))
  }

  /// One head's queries before position encoding, `[seq, dHead]`: turned back, not kept.
  public func unturnedQueries(_ head: HeadIndex) -> Tensor<Element> {
    turnedBack(queries(head), head.layer)
  }

  /// The keys that a query head reads, before position encoding, `[seq, dHead]`: turned back, not
  /// kept.
  public func unturnedKeys(_ head: HeadIndex) -> Tensor<Element> {
    turnedBack(keys(head), head.layer)
  }

  private func turnedBack(_ turned: Matrix<Element>, _ layer: Int) -> Tensor<Element> {
    var result = turned.copied
    if case .rotary(let rotary) = plan.blocks[layer].attention.position {
      Rotation(rotary, seq: seq, .back).turn(
        result.mutableMatrix(), rows: 0..<seq, dHead: turned.columns,
        Element.PreferredKernels.self)
    }
    return result
  }

  /// The rows of one head's map for some queries, cut to the keys that any of them can see.
  ///
  /// - Returns: `[rows, visible keys]`, keys from 0.
  /// - Complexity: O(rows × seq × dHead).
  public func visiblePattern(_ head: HeadIndex, rows: Range<Int>) -> Tensor<Element> {
    ruled(head)?.tile(rows).dense
      ?? AttentionWeights<Element.PreferredKernels>.weights(attention(head), rows: rows)
  }

  /// What one head's learned sink takes of each query's attention: one minus the row's sum.
  ///
  /// - Returns: A share for each row; zero for a head without a sink.
  public func sinkShares(_ head: HeadIndex, rows: Range<Int>) -> [Double] {
    guard attention(head).sink != nil else { return Array(repeating: 0, count: rows.count) }
    let tile = visiblePattern(head, rows: rows).matrix
    return (0..<rows.count).map { row in
      tile.withRow(row) { max(0, 1 - $0.reduce(0.0) { $0 + Double($1) }) }
    }
  }

  /// What one head's softmax would see without its mask: `scale · queries · keysᵀ` with what position
  /// adds, capped, `[rows, keys]`.
  public func scores(_ head: HeadIndex, rows: Range<Int>) -> Tensor<Element> {
    AttentionWeights<Element.PreferredKernels>.scores(
      attention(head), rows: rows, keyCount: keyCount)
  }

  /// A tile of one head's map, in the precision of the run.
  ///
  /// - Returns: `[rows, columns]`; zero where a query cannot see a key.
  public func exactPattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>
  ) -> Tensor<Element> {
    var result = Tensor<Element>(repeating: 0, shape: [rows.count, columns.count])
    let target = result.mutableMatrix()
    // A rule is prepared once, not by every thread that takes a tile.
    let step = ruled(head)?.rowsPerTile ?? AttentionTiling.rowsPerTile(seq: seq)
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
}

extension Trace: PatternSource {
  /// The number of blocks.
  public var layers: Int { plan.layers }
  /// The number of query heads in each layer.
  public var heads: Int { plan.heads }
  /// The number of tokens.
  public var queryCount: Int { seq }
  /// The number of tokens; of cross attention, those of the other stack.
  public var keyCount: Int { keyPrompt?.seq ?? seq }
  /// Whether no layer, and no rule in force, shows a query a later key.
  public var isCausal: Bool {
    plan.isCausal
      && !prepared.rules.values.contains { $0.spec.card.seesLaterKeys }
  }

  /// A tile of one head's map in single precision.
  public func pattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>
  ) -> Tensor<Float> {
    exactPattern(head, rows: rows, columns: columns).converted(to: Float.self)
  }
}
