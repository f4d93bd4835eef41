import Tensors

/// What one layer's attention read and wrote.
///
/// Rows are tokens; a head is a window of columns.
public struct LayerTrace<Element: Scalar>: Sendable {
  /// Queries and keys after position encoding, values, and pattern · values, as the run keeps them.
  let kept: (queries: Kept<Element>, keys: Kept<Element>, values: Kept<Element>)
  private(set) var keptOutput: Kept<Element>
  /// What scores need besides queries and keys.
  let extras: ScoreExtras<Element>
  /// What turns scores into weights, head by head.
  let sums: SoftmaxSums<Element>

  init(
    queries: Kept<Element>, keys: Kept<Element>, values: Kept<Element>,
    weightedValues: Kept<Element>, extras: ScoreExtras<Element>, sums: SoftmaxSums<Element>
  ) {
    kept = (queries, keys, values)
    keptOutput = weightedValues
    self.extras = extras
    self.sums = sums
  }

  /// After position encoding, `[seq, heads · dHead]`.
  public var queries: Tensor<Element> { kept.queries.tensor }
  /// After position encoding, `[seq, kvHeads · dHead]`.
  public var keys: Tensor<Element> { kept.keys.tensor }
  /// `[seq, kvHeads · dValue]`.
  public var values: Tensor<Element> { kept.values.tensor }
  /// Pattern · values, before the output projection, `[seq, heads · dValue]`.
  public var weightedValues: Tensor<Element> { keptOutput.tensor }

  /// Puts other weighted values in place of these.
  mutating func replaceWeightedValues<K: Kernels>(_ tensor: Tensor<Element>, _: K.Type)
  where K.Element == Element {
    keptOutput = K.kept(tensor)
  }

  /// The same with everything but the sums in a file.
  func moved(to file: KeptFile) throws(KeptFileError) -> LayerTrace {
    LayerTrace(
      queries: try kept.queries.moved(to: file), keys: try kept.keys.moved(to: file),
      values: try kept.values.moved(to: file), weightedValues: try keptOutput.moved(to: file),
      extras: extras, sums: sums)
  }

  /// Every head of the layer.
  func heads(_ plan: AttentionPlan, _ layer: Int) -> [HeadAttention<Element>] {
    (0..<plan.heads).map { head(plan, HeadIndex(layer: layer, head: $0)) }
  }

  /// One head of the layer.
  func head(_ plan: AttentionPlan, _ head: HeadIndex) -> HeadAttention<Element> {
    HeadAttention(
      plan, head, queries: kept.queries.matrix, keys: kept.keys.matrix,
      values: kept.values.matrix, extras: extras, sums: sums)
  }

  /// Bytes that queries, keys, values and weighted values take.
  var byteCount: Int {
    kept.queries.byteCount + kept.keys.byteCount + kept.values.byteCount + keptOutput.byteCount
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
  /// The file that holds what the run keeps; nil where memory does.
  public let file: KeptFile?

  /// A run; `frozen` are rules that were put in afterwards, everything else left as it was.
  init(
    prompt: Prompt, plan: ModelPlan, residuals: [Tensor<Element>],
    attention: [LayerTrace<Element>], interventions: [Intervention] = [],
    frozen: PreparedRules<Element>? = nil, streams: [StreamName: Trace] = [:],
    keyPrompt: Prompt? = nil, file: KeptFile? = nil
  ) {
    self.prompt = prompt
    self.plan = plan
    self.residuals = residuals
    self.attention = attention
    self.interventions = interventions
    self.streams = streams
    self.keyPrompt = keyPrompt
    self.file = file
    prepared = frozen ?? PreparedRules(interventions.rules)
    reach = prepared.rules.isEmpty ? nil : frozen == nil ? .propagated : .local
  }

  /// The number of tokens.
  public var seq: Int { prompt.seq }

  /// Bytes of memory that all parts of the run hold until it is forgotten.
  public var bytesInMemory: Int {
    let own = attention.reduce(extraBytes) {
      $0 + $1.sums.byteCount + (file == nil ? $1.byteCount : 0)
    }
    // The last one of cross attention is the decoder's.
    let residual = residuals.dropLast(keyPrompt == nil ? 0 : 1).reduce(0) {
      $0 + $1.count * MemoryLayout<Element>.stride
    }
    return streams.values.reduce(own + (file == nil ? residual : 0)) { $0 + $1.bytesInMemory }
  }

  /// Bytes of what scores need besides queries and keys; layers with the same biases share them.
  private var extraBytes: Int {
    var seen: Set<PositionPlan> = []
    return zip(plan.blocks, attention).reduce(0) { sum, layer in
      let isNew = seen.insert(layer.0.attention.position).inserted
      return sum + layer.1.extras.byteCount(countingBias: isNew)
    }
  }

  /// Everything that one head's scores and weights follow from.
  public func attention(_ head: HeadIndex) -> HeadAttention<Element> {
    attention[head.layer].head(plan.blocks[head.layer].attention, head)
  }

  /// One head's queries after position encoding, `[seq, dHead]`.
  public func queries(_ head: HeadIndex) -> Matrix<Element> { attention(head).queries }

  /// The keys that a query head reads, after position encoding, `[seq, dHead]`.
  public func keys(_ head: HeadIndex) -> Matrix<Element> { attention(head).keys }

  /// The values that a query head reads, `[seq, dValue]`.
  public func values(_ head: HeadIndex) -> Matrix<Element> { attention(head).values }

  /// One head's pattern · values, before the output projection, `[seq, dValue]`.
  public func weightedValues(_ head: HeadIndex) -> Matrix<Element> {
    attention[head.layer].keptOutput.matrix.columns(
      plan.blocks[head.layer].attention.valueColumns(head.head)
    ).matrix
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
    guard !Cancellation.isDue else {
      return Tensor(repeating: 0, shape: [rows.count, attention(head).keyCount(rows: rows)])
    }
    return ruled(head)?.tile(rows).dense
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
    /// Where a tile goes.
    @Sendable func window(_ tile: Range<Int>, _ keys: Range<Int>) -> MutableMatrix<Element> {
      target.window(
        rows: tile.lowerBound - rows.lowerBound..<tile.upperBound - rows.lowerBound,
        columns: keys.lowerBound - columns.lowerBound..<keys.upperBound - columns.lowerBound)
    }
    let attention = attention(head)
    // A rule is prepared once, not by every thread that takes a tile.
    let ruled = ruled(head)
    guard ruled == nil, attention.sums != nil else {
      let step = ruled?.rowsPerTile ?? AttentionTiling.rowsPerTile(seq: seq)
      let tiles = Self.tiles(of: rows, step)
      Parallel.forEach(tiles.count) { index in
        let tile = visiblePattern(head, rows: tiles[index]).matrix
        let seen = columns.clamped(to: 0..<tile.columns)
        guard !seen.isEmpty else { return }
        window(tiles[index], seen).copy(from: tile.columns(seen))
      }
      return result
    }
    let tiles = Self.tiles(of: rows, AttentionTiling.rows)
    Parallel.forEach(tiles.count) { index in
      guard !Cancellation.isDue else { return }
      let seen = attention.visible(rows: tiles[index]).clamped(to: columns)
      for keys in AttentionTiling.tiles(of: seen) {
        AttentionWeights<Element.PreferredKernels>.weigh(
          attention, rows: tiles[index], keys: keys, into: window(tiles[index], keys))
      }
    }
    return result
  }

  /// Calls `body` with the tiles that make up one head's map; what no query of a tile can see is left out.
  ///
  /// - Parameters:
  ///   - rows: Which queries.
  ///   - columns: Which keys; tiles without any of them may be left out. Nil for all.
  ///   - body: Gets a tile's weights, `[queries, keys]`, its queries, its keys and its rows' `Σ −p ln p`,
  ///     `[1, queries]`, nil under a rule; tiles of the same queries come with ascending keys. The numbers are
  ///     overwritten by the next tile's.
  /// - Complexity: O(rows × visible keys × dHead) time, one tile of memory; under a rule one tile of whole
  ///   rows.
  @_specialize(where Element == Float)
  public func forEachTile(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>? = nil,
    _ body: (
      Matrix<Element>, _ queries: Range<Int>, _ keys: Range<Int>, _ entropies: Matrix<Element>?
    ) -> Void
  ) {
    let attention = attention(head)
    let ruled = ruled(head)
    guard ruled == nil, attention.sums != nil else {
      let step = min(AttentionTiling.rows, max(16, 131_072 / max(1, keyCount)))
      for queries in Self.tiles(of: rows, ruled?.rowsPerTile ?? step) where !Cancellation.isDue {
        let tile = ruled?.tile(queries).dense ?? visiblePattern(head, rows: queries)
        body(tile.matrix, queries, 0..<tile.shape[1], nil)
      }
      return
    }
    var scratch = Tensor<Element>(
      uninitialized: [
        min(rows.count, AttentionTiling.rows), min(keyCount, AttentionTiling.keys),
      ])
    let target = scratch.mutableMatrix()
    var sums = Tensor<Element>(uninitialized: [1, AttentionTiling.rows])
    let entropies = sums.mutableMatrix()
    for queries in Self.tiles(of: rows, AttentionTiling.rows) where !Cancellation.isDue {
      let visible = attention.visible(rows: queries)
      for keys in AttentionTiling.tiles(of: columns.map(visible.clamped) ?? visible) {
        let tile = target.window(rows: 0..<queries.count, columns: 0..<keys.count)
        AttentionWeights<Element.PreferredKernels>.weigh(
          attention, rows: queries, keys: keys, into: tile,
          entropies: entropies.columns(0..<queries.count))
        body(tile.matrix, queries, keys, entropies.matrix.columns(0..<queries.count))
      }
    }
  }

  private static func tiles(of rows: Range<Int>, _ step: Int) -> [Range<Int>] {
    stride(from: rows.lowerBound, to: rows.upperBound, by: step).map {
      $0..<min(rows.upperBound, $0 + step)
    }
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
