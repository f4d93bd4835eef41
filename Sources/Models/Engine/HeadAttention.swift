import Tensors

/// Everything that one head's scores and weights follow from: where rules, cut edges and knock-outs
/// hook in, for a run and for a map that someone looks at alike.
public struct HeadAttention<Element: Scalar>: Sendable {
  /// The layer's attention.
  public let plan: AttentionPlan
  /// Which head of which layer.
  public let head: HeadIndex
  /// Queries, keys and values as the run keeps them.
  let kept: (queries: KeptMatrix<Element>, keys: KeptMatrix<Element>, values: KeptMatrix<Element>)
  /// What turns single scores into weights, `[1, queries]` each; nil where that is not known.
  let sums: (maxima: Matrix<Element>, totals: Matrix<Element>)?
  /// What position adds to its scores; nil for nothing.
  public let bias: ScoreBias<Element>?
  /// What positions make of its queries and keys; nil for nothing.
  let disentangled: DisentangledPositions<Element>?
  /// Its learned sink's score; nil for a head without one.
  public let sink: Element?

  /// One head of a layer.
  ///
  /// - Parameters:
  ///   - queries: All heads', `[queries, heads · dHead]`.
  ///   - keys: All key/value heads', `[keys, kvHeads · dHead]`.
  ///   - values: All key/value heads', `[keys, kvHeads · dValue]`.
  ///   - extras: What the layer's scores need besides.
  ///   - sums: All heads', where they are known.
  init(
    _ plan: AttentionPlan, _ head: HeadIndex, queries: KeptMatrix<Element>,
    keys: KeptMatrix<Element>, values: KeptMatrix<Element>, extras: ScoreExtras<Element>,
    sums: SoftmaxSums<Element>? = nil
  ) {
    let kvHead = plan.kvHead(of: head.head)
    self.plan = plan
    self.head = head
    kept = (
      queries.columns(plan.columns(head.head)), keys.columns(plan.columns(kvHead)),
      values.columns(plan.valueColumns(kvHead))
    )
    bias = extras.bias
    disentangled = extras.disentangled
    sink = extras.sinks.map { $0[head.head] }
    self.sums = sums?[head.head]
  }

  /// After position encoding, `[queries, dHead]`.
  public var queries: Matrix<Element> { kept.queries.matrix }
  /// Of its key/value head, after position encoding, `[keys, dHead]`.
  public var keys: Matrix<Element> { kept.keys.matrix }
  /// Of its key/value head, `[keys, dValue]`.
  public var values: Matrix<Element> { kept.values.matrix }

  /// The keys that a query can see.
  public func visible(query: Int) -> Range<Int> {
    plan.mask.visible(query: query, keyCount: kept.keys.rows)
  }

  /// The keys that any of some queries can see: from the first such key to the last.
  func visible(rows: Range<Int>) -> Range<Int> {
    // Later queries see later keys, whatever the mask.
    guard let first = rows.first, let last = rows.last else { return 0..<0 }
    let (start, end) = (visible(query: first).lowerBound, visible(query: last).upperBound)
    return start..<max(start, end)
  }

  /// The columns that each query of a tile can see of it.
  ///
  /// - Returns: From the number of a row to columns. It knows no more than the mask: a tile asks it once
  ///   for each row, and what depends on `Element` would be looked up each time.
  func visibleColumns(rows: Range<Int>, keys: Range<Int>) -> (Int) -> Range<Int> {
    let (mask, keyCount) = (plan.mask, kept.keys.rows)
    return { row in
      let seen = mask.visible(query: rows.lowerBound + row, keyCount: keyCount).clamped(to: keys)
      return seen.lowerBound - keys.lowerBound..<seen.upperBound - keys.lowerBound
    }
  }

  /// How many keys, from the first on, some queries need.
  public func keyCount(rows: Range<Int>) -> Int {
    rows.last.map { visible(query: $0).upperBound } ?? 0
  }
}

/// What a layer's scores need besides queries and keys.
struct ScoreExtras<Element: Scalar>: Sendable {
  /// What position adds; nil for nothing.
  let bias: ScoreBias<Element>?
  /// The learned sinks, `[heads]`; nil for none.
  let sinks: Tensor<Element>?
  /// Positions as queries and keys see them; nil for none.
  let disentangled: DisentangledPositions<Element>?

  init(
    bias: ScoreBias<Element>?, sinks: Tensor<Element>?,
    disentangled: DisentangledPositions<Element>? = nil
  ) {
    self.bias = bias
    self.sinks = sinks
    self.disentangled = disentangled
  }

  /// Bytes that they take, apart from the sinks.
  func byteCount(countingBias: Bool) -> Int {
    let biases = countingBias ? bias?.values.count ?? 0 : 0
    return (biases + (disentangled?.count ?? 0)) * MemoryLayout<Element>.stride
  }
}

/// What position adds to the scores of every head.
public struct ScoreBias<Element: Scalar>: Sendable {
  /// What a head's numbers are counted by.
  enum Axis: Sendable { case key, distance }

  /// By key `[heads, keys]`, or by distance `[heads, 2 · seq − 1]`: number `key − query + seq − 1`.
  let values: Tensor<Element>
  let axis: Axis

  /// What is added to one query's scores of the first keys, `[1, keys]`.
  public func row(_ head: HeadIndex, query: Int, keys: Int) -> Matrix<Element> {
    let row = values.matrix.rows(head.head..<head.head + 1)
    guard axis == .distance else { return row.columns(0..<keys) }
    let zero = (row.columns + 1) / 2 - 1
    return row.columns(zero - query..<zero - query + keys)
  }
}

extension ScoreBias {
  /// The biases of a plan for a prompt of `seq` tokens.
  ///
  /// - Parameter table: `[buckets, heads]`.
  init(_ plan: BucketPlan, table: Tensor<Element>, seq: Int) {
    let matrix = table.matrix
    let buckets = (1 - seq..<seq).map { plan.bucket($0) }
    let numbers = (0..<matrix.columns).flatMap { head in buckets.map { matrix[$0, head] } }
    values = Tensor(numbers, shape: [matrix.columns, 2 * seq - 1])
    axis = .distance
  }

  /// The biases of a plan for a prompt of `seq` tokens.
  init(_ plan: AlibiPlan, seq: Int) {
    var numbers: [Element] = []
    guard plan.isRounded else {
      for slope in plan.slopes {
        let factor = Element(slope * plan.factor)
        numbers += (1 - seq..<seq).map { Element($0) * factor }
      }
      values = Tensor(numbers, shape: [plan.slopes.count, 2 * seq - 1])
      axis = .distance
      return
    }
    for slope in plan.slopes {
      let rounded = Float(BFloat16(Float(slope)))
      numbers += (0..<seq).map {
        Element(Double(Float(BFloat16(rounded * Float($0)))) * plan.factor)
      }
    }
    values = Tensor(numbers, shape: [plan.slopes.count, seq])
    axis = .key
  }
}
