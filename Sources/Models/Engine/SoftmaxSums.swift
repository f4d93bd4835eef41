import Tensors

/// What turns scores of a layer's heads into weights one by one: for every query the largest score `m`, and
/// `t = Σ exp(score − m)` over all keys and the learned sink.
///
/// The forward pass comes by them anyway; kept, they make any tile of a map cost what the tile is, not whole
/// rows.
struct SoftmaxSums<Element: Scalar>: Sendable {
  /// `m` and `t`, `[heads, seq]`.
  private var maxima, totals: Tensor<Element>
  /// Whether a head's are there: not where another rule stood in.
  private var isKnown: [Bool]

  /// None yet.
  init(heads: Int, seq: Int) {
    maxima = Tensor(uninitialized: [heads, seq])
    totals = Tensor(uninitialized: [heads, seq])
    isKnown = Array(repeating: false, count: heads)
  }

  /// Bytes that they take.
  var byteCount: Int { 2 * maxima.count * MemoryLayout<Element>.stride }

  /// The number of queries.
  var seq: Int { maxima.shape[1] }

  /// The same with room for more queries, which the caller fills.
  func extended(to count: Int) -> SoftmaxSums {
    var longer = SoftmaxSums(heads: isKnown.count, seq: count)
    longer.maxima.mutableMatrix().columns(0..<seq).copy(from: maxima.matrix)
    longer.totals.mutableMatrix().columns(0..<seq).copy(from: totals.matrix)
    longer.isKnown = isKnown
    return longer
  }

  /// One head's, `[1, seq]` each; nil where they are not known.
  subscript(head: Int) -> (maxima: Matrix<Element>, totals: Matrix<Element>)? {
    guard isKnown[head] else { return nil }
    return (maxima.matrix.rows(head..<head + 1), totals.matrix.rows(head..<head + 1))
  }

  /// Makes room for some heads' numbers, which the caller fills.
  mutating func known(
    _ heads: [Int]
  ) -> (maxima: MutableMatrix<Element>, totals: MutableMatrix<Element>) {
    for head in heads { isKnown[head] = true }
    return (maxima.mutableMatrix(), totals.mutableMatrix())
  }
}
