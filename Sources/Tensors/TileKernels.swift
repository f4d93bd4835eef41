/// The operations that blockwise attention is made of, and what is read off a tile of a map.
///
/// A tile has one row for each of some queries and one column for each of some neighbouring keys. The
/// softmax of a row is known by two numbers, its largest score `m` and `t = Σ exp(score − m)` over all keys:
/// with them any tile's scores become weights without the rest of the row.
public protocol TileKernels<Element>: Sendable {
  /// The number type.
  associatedtype Element: Scalar

  /// Whether runs round the factors of all products to bfloat16.
  static var roundsFactors: Bool { get }

  /// Every number rounded to the nearest bfloat16, halfway to even, `[rows, columns]`.
  static func rounded(_ m: Matrix<Element>) -> Tensor<BFloat16>

  /// `c = a · b`, or `c += a · b` when `adding`: sums in single precision or better.
  ///
  /// - Parameters:
  ///   - a: `[m, inner]`.
  ///   - b: `[inner, n]`, or `[n, inner]` when `transposed`.
  ///   - c: `[m, n]`.
  static func multiply(
    _ a: Matrix<BFloat16>, _ b: Matrix<BFloat16>, transposed: Bool, adding: Bool,
    into c: MutableMatrix<Element>)

  /// Takes one more tile into the softmax of its rows.
  ///
  /// With `m` the largest score so far, this tile's included, scores become `exp(score − m)` and are added
  /// to `totals`; what was made with a smaller `m` before is scaled to fit.
  ///
  /// - Parameters:
  ///   - scores: The tile.
  ///   - visible: The columns that a row can see; only what lies within the tile counts, and what does not
  ///     becomes zero.
  ///   - maxima: `[1, rows]`; −∞ before the first tile.
  ///   - totals: `[1, rows]`; zero before the first tile.
  ///   - output: `[rows, width]`: `Σ exp(score − m) · value` so far.
  ///
  /// Source: Milakov and Gimelshein 2018, "Online normalizer calculation for softmax"; Dao et al. 2022,
  /// "FlashAttention", algorithm 1.
  static func addToSoftmax(
    _ scores: MutableMatrix<Element>, visible: (Int) -> Range<Int>, maxima: MutableMatrix<Element>,
    totals: MutableMatrix<Element>, scaling output: MutableMatrix<Element>)

  /// Divides every row by its number; a row whose number is zero stays.
  ///
  /// - Parameter divisors: `[1, rows]`.
  static func divide(_ m: MutableMatrix<Element>, by divisors: Matrix<Element>)

  /// Scores become weights, `exp(score − m) / t`; zero where a row cannot see a column.
  ///
  /// - Parameters:
  ///   - maxima: `m` of each row, `[1, rows]`.
  ///   - totals: `t` of each row, `[1, rows]`; a row whose total is zero has no weights.
  ///   - entropies: Become `Σ −p ln p` of each row of the tile, `[1, rows]`, in nats: with the scores at hand no
  ///     weight's logarithm is taken. Nil when nobody asks.
  static func weigh(
    _ scores: MutableMatrix<Element>, visible: (Int) -> Range<Int>, maxima: Matrix<Element>,
    totals: Matrix<Element>, entropies: MutableMatrix<Element>?)

  /// What one row of a tile comes to, taking each weight once.
  ///
  /// - Parameters:
  ///   - weights: A tile of the map.
  ///   - row: Which of its rows.
  ///   - query: The row's place in the map.
  ///   - firstKey: The key of the tile's first column.
  ///   - byKey: `byKey[key] += weight`.
  ///   - byOffset: `byOffset[first + key] += weight`.
  ///   - first: Where key 0 of this query belongs.
  ///   - entropy: The row's, where it is known; it is worked out otherwise.
  static func summarise(
    _ weights: Matrix<Element>, row: Int, query: Int, firstKey: Int, byKey: inout [Double],
    byOffset: inout [Double], first: Int, entropy: Double?
  ) -> RowSummary

  /// Takes a tile's weights into blocks of `pool` columns.
  ///
  /// - Parameters:
  ///   - weights: All rows belong to the same blocks.
  ///   - offset: The first column's place, counted from where the first block begins.
  ///   - maxima: `maxima[(offset + column) / pool]` becomes the largest weight.
  ///   - sums: `sums[(offset + column) / pool] += weight`.
  static func pool(
    _ weights: Matrix<Element>, by pool: Int, offset: Int, maxima: inout [Float],
    sums: inout [Float])
}

/// What one row of a map comes to, or a part of it.
public struct RowSummary: Sendable, Hashable {
  /// Σ −p ln p, in nats; weights of zero add nothing.
  public let entropy: Double
  /// Σ p: one, less what goes to a learned sink.
  public let total: Double
  /// Σ p · |query − key|, in tokens.
  public let distance: Double
  /// The largest weight.
  public let maximum: Double
  /// The first key that has it.
  public let strongest: Int

  /// A row without weights.
  public static var empty: RowSummary {
    RowSummary(entropy: 0, total: 0, distance: 0, maximum: 0, strongest: 0)
  }

  /// The row that two parts make up, the one with smaller keys first.
  public func joined(_ next: RowSummary) -> RowSummary {
    let isStronger = next.maximum > maximum
    return RowSummary(
      entropy: entropy + next.entropy, total: total + next.total,
      distance: distance + next.distance, maximum: isStronger ? next.maximum : maximum,
      strongest: isStronger ? next.strongest : strongest)
  }
}
