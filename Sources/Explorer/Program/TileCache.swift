import Models
import Tensors

/// Part of one head's map, reduced to what is drawn.
public struct Tile: Sendable {
  /// Values down and across.
  public let rows, columns: Int
  /// Row-major; each is one weight, or what stands for a block of weights.
  public let values: [Float]
  /// How many queries of each block were looked at, when not all.
  public let sampled: Int?

  subscript(row: Int, column: Int) -> Float { values[row * columns + column] }

  /// A reduced map as it is drawn.
  init(_ pooled: PooledPattern, _ blocks: Blocks, sampled: Int? = nil) {
    (rows, columns) = (pooled.rows, pooled.columns)
    values = blocks == .mean ? pooled.means : pooled.maxima
    self.sampled = sampled
  }
}

/// What stands for a block of weights where a map is zoomed out.
public enum Blocks: String, Sendable, CaseIterable {
  /// The largest of them: nothing strong is missed.
  case maximum = "max"
  /// Their mean: what is weak everywhere is seen as such.
  case mean
}

/// The tiles drawn last, so that a picture that has not changed asks the model for nothing.
///
/// Used by the thread that draws only.
public final class TileCache {
  /// Which sight of which run, and which side of a comparison.
  struct Sight: Hashable {
    private let number, side: Int

    init(_ number: Int, _ side: Int = 0) { (self.number, self.side) = (number, side) }
  }

  private struct Key: Hashable {
    let sight: Sight
    let head: HeadIndex
    let rows, columns: Range<Int>
    let pool: Int
  }

  private var tiles: [Key: (tile: PooledPattern, sampled: Int?, used: Int)] = [:]
  private var clock = 0
  /// How many values are kept, those of the tiles used last.
  private let capacity: Int
  private var count = 0
  /// Weights of a map that one tile may cost; beyond it, blocks are sampled and the legend says so.
  private let budget: Int

  /// What a tile may cost where somebody waits for the picture: some 50 ms.
  public static let usualBudget = 1 << 24

  /// An empty cache.
  ///
  /// - Parameter capacity: Values kept, at eight bytes each.
  public init(capacity: Int = 1 << 21, budget: Int = usualBudget) {
    self.capacity = max(1, capacity)
    self.budget = max(1, budget)
  }

  /// How many queries of each block of a reduced map are looked at.
  public static func taken(
    rows: Int, keyCount: Int, pool: Int, budget: Int = usualBudget
  ) -> Int {
    // A query costs all of its keys, whichever are asked for.
    let height = (rows + pool - 1) / pool
    return min(pool, max(1, budget / max(1, height * keyCount)))
  }

  /// A tile of a head's map.
  ///
  /// - Parameters:
  ///   - source: Whose maps; told from others by `sight` alone.
  ///   - rows: Queries, within the map.
  ///   - columns: Keys, within the map.
  ///   - pool: Weights per value, across and down; at least 1.
  ///   - blocks: What stands for them.
  func tile(
    _ source: any PatternSource, sight: Sight, head: HeadIndex, rows: Range<Int>,
    columns: Range<Int>, pool: Int, blocks: Blocks = .maximum
  ) -> Tile {
    clock += 1
    let key = Key(sight: sight, head: head, rows: rows, columns: columns, pool: pool)
    if let found = tiles[key] {
      tiles[key] = (found.tile, found.sampled, clock)
      return Tile(found.tile, blocks, sampled: found.sampled)
    }
    let (tile, sampled) = compute(source, key)
    count += tile.maxima.count
    while count > capacity, let oldest = tiles.min(by: { $0.value.used < $1.value.used }) {
      count -= oldest.value.tile.maxima.count
      tiles[oldest.key] = nil
    }
    tiles[key] = (tile, sampled, clock)
    return Tile(tile, blocks, sampled: sampled)
  }

  /// A tile of a run's map.
  func tile(
    _ subject: Subject, sight: Sight, head: HeadIndex, rows: Range<Int>, columns: Range<Int>,
    pool: Int, blocks: Blocks = .maximum
  ) -> Tile {
    tile(
      subject.patterns, sight: sight, head: head, rows: rows, columns: columns, pool: pool,
      blocks: blocks)
  }

  private func compute(_ source: any PatternSource, _ key: Key) -> (PooledPattern, Int?) {
    guard key.pool > 1 else {
      let weights = source.pattern(key.head, rows: key.rows, columns: key.columns).elements
      return (
        PooledPattern(
          rows: key.rows.count, columns: key.columns.count, maxima: weights, means: weights), nil
      )
    }
    let taken = Self.taken(
      rows: key.rows.count, keyCount: source.keyCount, pool: key.pool, budget: budget)
    let pooled = source.pooledPattern(
      key.head, rows: key.rows, columns: key.columns, pool: key.pool, taking: taken)
    return (pooled, taken < key.pool ? taken : nil)
  }
}
