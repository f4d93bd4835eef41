import Tensors

/// Everything that one head's scores and weights follow from: where rules, cut edges and knock-outs
/// hook in, for a run and for a map that someone looks at alike.
public struct HeadAttention<Element: Scalar>: Sendable {
  /// The layer's attention.
  public let plan: AttentionPlan
  /// Which head of which layer.
  public let head: HeadIndex
  /// After position encoding, `[queries, dHead]`.
  public let queries: Matrix<Element>
  /// Of its key/value head, after position encoding, `[keys, dHead]`.
  public let keys: Matrix<Element>
  /// Of its key/value head, `[keys, dValue]`.
  public let values: Matrix<Element>
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
  init(
    _ plan: AttentionPlan, _ head: HeadIndex, queries: Matrix<Element>, keys: Matrix<Element>,
    values: Matrix<Element>, extras: ScoreExtras<Element>
  ) {
    let kvHead = plan.kvHead(of: head.head)
    self.plan = plan
    self.head = head
    self.queries = queries.columns(plan.columns(head.head))
    self.keys = keys.columns(plan.columns(kvHead))
    self.values = values.columns(plan.valueColumns(kvHead))
    bias = extras.bias
    disentangled = extras.disentangled
    sink = extras.sinks.map { $0[head.head] }
  }

  /// The keys that a query can see.
  public func visible(query: Int) -> Range<Int> {
    plan.mask.visible(query: query, keyCount: keys.rows)
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
