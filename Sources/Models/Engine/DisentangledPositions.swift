import Tensors

/// A layer's vectors for distances, as its queries and keys see them.
///
/// What they add to scores is computed with the scores: for all pairs of tokens it would be as large as the maps.
struct DisentangledPositions<Element: Scalar>: Sendable {
  /// `[2 · span, heads · dHead]`; nil where that part is left out.
  private let keys, queries: Tensor<Element>?
  /// The table's row for each distance `query − key`, from `1 − seq` to `seq − 1`.
  private let rows: [Int32]
  private let scale: Double

  /// How many numbers the vectors are.
  var count: Int { (keys?.count ?? 0) + (queries?.count ?? 0) }

  init<K: Kernels>(
    _ plan: DisentangledPlan, seq: Int, weights: inout WeightReader<K>, _: K.Type
  ) where K.Element == Element {
    let width = plan.table.shape[1]
    var table = weights.tensor(plan.table)
    if let norm = plan.norm {
      table = Norm<K>(norm, width: width, &weights).applied(to: table.matrix)
    }
    keys = plan.key.map { Linear<K>($0, &weights).applied(to: table.matrix) }
    queries = plan.query.map { Linear<K>($0, &weights).applied(to: table.matrix) }
    rows = (1 - seq..<seq).map { Int32(plan.row($0)) }
    scale = plan.scale
  }

  /// Adds `scale · (query · position + key · position)` to some queries' scores.
  ///
  /// - Parameter scores: `[rows, keys]`.
  func add<K: Kernels>(
    to scores: MutableMatrix<Element>, of head: HeadAttention<Element>, rows: Range<Int>,
    keys tile: Range<Int>,
    _: K.Type
  ) where K.Element == Element {
    let columns = head.plan.columns(head.head.head)
    func products(_ own: Matrix<Element>, _ positions: Tensor<Element>) -> Matrix<Element> {
      var result = Tensor<Element>(uninitialized: [own.rows, positions.shape[0]])
      K.multiply(
        own, positions.matrix.columns(columns), transposed: true, scale: Element(scale),
        adding: false, into: result.mutableMatrix())
      return result.matrix
    }
    K.addByDistance(
      queries: keys.map { products(head.queries.rows(rows), $0) },
      keys: queries.map { products(head.keys.rows(tile), $0) }, rows: self.rows,
      firstQuery: rows.lowerBound - tile.lowerBound, to: scores)
  }

  /// Adds what the gradient of some queries' scores says about queries and keys.
  ///
  /// - Parameters:
  ///   - gradient: Of scores, `[rows, keys]`, keys from 0.
  ///   - queries: Of those queries, `[rows, dHead]`.
  ///   - keysGradient: Of those keys, `[keys, dHead]`.
  func addGradient<K: Kernels>(
    _ gradient: Matrix<Element>, of head: HeadAttention<Element>, rows: Range<Int>,
    queries queriesGradient: MutableMatrix<Element>, keys keysGradient: MutableMatrix<Element>,
    _: K.Type
  ) where K.Element == Element {
    let columns = head.plan.columns(head.head.head)
    func sums(_ positions: Tensor<Element>?, rows: Int) -> Tensor<Element>? {
      positions.map { Tensor(repeating: 0, shape: [rows, $0.shape[0]]) }
    }
    var forQueries = sums(keys, rows: gradient.rows)
    var forKeys = sums(queries, rows: gradient.columns)
    K.sumByDistance(
      gradient, rows: self.rows, firstQuery: rows.lowerBound,
      queries: forQueries?.mutableMatrix(), keys: forKeys?.mutableMatrix())
    if let forQueries, let keys {
      K.multiply(
        forQueries.matrix, keys.matrix.columns(columns), transposed: false,
        scale: Element(scale), adding: true, into: queriesGradient)
    }
    if let forKeys, let queries {
      K.multiply(
        forKeys.matrix, queries.matrix.columns(columns), transposed: false,
        scale: Element(scale), adding: true, into: keysGradient)
    }
  }
}
