import Models
import Tensors

/// Part of one head's map, reduced to what is drawn.
public struct Tile: Sendable {
  /// Values down and across.
  public let rows, columns: Int
  /// Row-major; each is one weight, or the maximum of a block of weights.
  public let values: [Float]
  /// How many queries of each block were looked at, when not all.
  public let sampled: Int?

  subscript(row: Int, column: Int) -> Float { values[row * columns + column] }
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

  private var tiles: [Key: (tile: Tile, used: Int)] = [:]
  private var clock = 0
  private let capacity: Int
  /// Weights of a map that one tile may cost; beyond it, blocks are sampled and the legend says so.
  private let budget: Int

  /// An empty cache.
  public init(capacity: Int = 64, budget: Int = 1 << 22) {
    self.capacity = max(1, capacity)
    self.budget = max(1, budget)
  }

  /// A tile of a head's map; each value is the maximum of `pool × pool` weights.
  ///
  /// - Parameters:
  ///   - source: Whose maps; told from others by `sight` alone.
  ///   - rows: Queries, within the map.
  ///   - columns: Keys, within the map.
  ///   - pool: Weights per value, across and down; at least 1.
  func tile(
    _ source: any PatternSource, sight: Sight, head: HeadIndex, rows: Range<Int>,
    columns: Range<Int>,
    pool: Int
  ) -> Tile {
    clock += 1
    let key = Key(sight: sight, head: head, rows: rows, columns: columns, pool: pool)
    if let found = tiles[key] {
      tiles[key] = (found.tile, clock)
      return found.tile
    }
    let tile = compute(source, key)
    if tiles.count >= capacity, let oldest = tiles.min(by: { $0.value.used < $1.value.used }) {
      tiles[oldest.key] = nil
    }
    tiles[key] = (tile, clock)
    return tile
  }

  /// A tile of a run's map.
  func tile(
    _ subject: Subject, sight: Sight, head: HeadIndex, rows: Range<Int>, columns: Range<Int>,
    pool: Int
  ) -> Tile {
    tile(
      subject.patterns, sight: sight, head: head, rows: rows, columns: columns, pool: pool)
  }

  private func compute(_ source: any PatternSource, _ key: Key) -> Tile {
    guard key.pool > 1 else {
      let tensor = source.pattern(key.head, rows: key.rows, columns: key.columns)
      return Tile(
        rows: key.rows.count, columns: key.columns.count, values: tensor.elements, sampled: nil)
    }
    let pool = key.pool
    let height = (key.rows.count + pool - 1) / pool
    let width = (key.columns.count + pool - 1) / pool
    // A row costs all of its keys, whichever columns are asked for.
    let affordable = max(1, budget / max(1, height * source.keyCount))
    let taken = min(pool, affordable)
    var values = [Float](repeating: .nan, count: height * width)
    for block in 0..<height {
      let first = key.rows.lowerBound + block * pool
      let rows = first..<min(key.rows.upperBound, first + taken)
      let tensor = source.pattern(key.head, rows: rows, columns: key.columns)
      tensor.withElements { weights in
        for row in 0..<rows.count {
          for column in 0..<key.columns.count {
            let weight = weights[row * key.columns.count + column]
            let place = block * width + column / pool
            if !(values[place] >= weight) { values[place] = weight }
          }
        }
      }
    }
    return Tile(
      rows: height, columns: width, values: values, sampled: taken < pool ? taken : nil)
  }
}
