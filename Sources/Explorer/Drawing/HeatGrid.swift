import Models

/// A piece of a head's map laid on cells.
struct HeatGrid {
  /// Cells it covers.
  let plot: Region
  /// Queries and keys that are seen.
  let rows, columns: Range<Int>
  /// Columns per value.
  let across: Int
  /// Values of the picture per value of the tile, from top to bottom.
  let down: Int
  /// Weights per value, in both directions.
  let pool: Int
  /// Values that one cell holds.
  let valuesPerCell: Int

  /// The largest magnification at which a map fits, up to eight columns per weight.
  static func fit(queries: Int, keys: Int, width: Int, height: Int, valuesPerCell: Int) -> Zoom {
    let width = max(1, width)
    let height = max(1, height) * valuesPerCell
    for count in [8, 6, 4, 3, 2, 1] where keys * count <= width {
      if queries * Self.down(.cells(count), valuesPerCell) <= height { return .cells(count) }
    }
    return .pooled(max(2, (keys + width - 1) / width, (queries + height - 1) / height))
  }

  /// Values per weight from top to bottom: half blocks are square, whole cells twice as high as wide.
  static func down(_ zoom: Zoom, _ valuesPerCell: Int) -> Int {
    guard case .cells(let count) = zoom else { return 1 }
    return valuesPerCell == 2 ? count : max(1, count / 2)
  }

  /// The piece that starts near `origin`, moved so that `focus` is seen.
  init(
    queries: Int, keys: Int, zoom: Zoom, origin: (row: Int, column: Int),
    focus: (row: Int, column: Int), in region: Region, valuesPerCell: Int
  ) {
    self.valuesPerCell = valuesPerCell
    down = Self.down(zoom, valuesPerCell)
    if case .cells(let count) = zoom {
      (across, pool) = (count, 1)
    } else if case .pooled(let count) = zoom {
      // Whole cells are twice as high as wide: two columns make a block square where there is room.
      let isSquare = valuesPerCell == 1 && (keys + count - 1) / count * 2 <= region.width
      (across, pool) = (isSquare ? 2 : 1, count)
    } else {
      (across, pool) = (1, 1)
    }
    // Half a cell of vertical shift would change every cell of the screen: shift by whole ones.
    let rowUnit = pool > 1 ? pool * valuesPerCell : down % valuesPerCell == 0 ? 1 : valuesPerCell
    rows = Self.window(
      count: queries, visible: max(1, region.height * valuesPerCell / down) * pool, unit: rowUnit,
      start: origin.row, focus: focus.row)
    columns = Self.window(
      count: keys, visible: max(1, region.width / across) * pool, unit: pool, start: origin.column,
      focus: focus.column)
    let height = ((rows.count + pool - 1) / pool * down + valuesPerCell - 1) / valuesPerCell
    let width = (columns.count + pool - 1) / pool * across
    plot = Region(
      x: region.x, y: region.y, width: min(region.width, width), height: min(region.height, height))
  }

  /// A window of `visible` out of `count` that starts at a multiple of `unit` and contains `focus`.
  private static func window(
    count: Int, visible: Int, unit: Int, start: Int, focus: Int
  ) -> Range<Int> {
    guard visible < count else { return 0..<count }
    var start = max(start, 0)
    if focus < start { start = focus }
    if focus >= start + visible { start = focus - visible + 1 }
    let last = (count - visible + unit - 1) / unit * unit
    start = min((start + unit - 1) / unit * unit, last)
    if focus < start { start = focus / unit * unit }
    return start..<min(count, start + visible)
  }

  /// The cells of one weight, as far as they are seen.
  func cells(query: Int, key: Int) -> Region {
    let x = (key - columns.lowerBound) / pool * across
    let value = (query - rows.lowerBound) / pool * down
    let top = value / valuesPerCell
    let bottom = (value + down - 1) / valuesPerCell
    return Region(
      x: plot.x + x, y: plot.y + top, width: min(across, max(0, plot.width - x)),
      height: min(bottom - top + 1, max(0, plot.height - top)))
  }

  /// The first query and the first key at a cell.
  func weight(atX x: Int, y: Int) -> (query: Int, key: Int)? {
    guard plot.contains(x, y) else { return nil }
    let key = columns.lowerBound + (x - plot.x) / across * pool
    let query = rows.lowerBound + (y - plot.y) * valuesPerCell / down * pool
    guard rows.contains(query), columns.contains(key) else { return nil }
    return (query, key)
  }

  /// The weights that are seen.
  func tile(_ drawing: Drawing, _ subject: Subject, head: HeadIndex, side: Int = 0) -> Tile {
    let state = drawing.state
    if side == 0, let question = question(state, head), let whole = state.pooledMap(question) {
      return Tile(whole, state.blocks)
    }
    return drawing.tiles.tile(
      subject, sight: .init(state.sight, side), head: head, rows: rows, columns: columns,
      pool: pool, blocks: state.blocks)
  }

  /// What is to be asked so that no query is left out; nil where none is, and through a lens, whose maps
  /// only the screen knows.
  func question(_ state: ExplorerState, _ head: HeadIndex) -> Question? {
    guard pool > 1, state.lens == Lens(), let patterns = state.subject?.patterns,
      TileCache.taken(rows: rows.count, keyCount: patterns.keyCount, pool: pool) < pool
    else { return nil }
    return state.ask(.pooledMap(head, rows: rows, columns: columns, pool: pool))
  }

  /// `max of 4×4`: what one value stands for; nil where it is one weight.
  func note(_ drawing: Drawing) -> String? {
    guard pool > 1 else { return nil }
    return "\(drawing.state.blocks.rawValue) of \(pool)\(drawing.glyphs.times)\(pool)"
  }

  /// Whether any query of a row of the tile can see a key of a column.
  func isSeen(row: Int, column: Int, of subject: Subject) -> Bool {
    let lastQuery = min(rows.upperBound, rows.lowerBound + (row + 1) * pool) - 1
    return columns.lowerBound + column * pool <= subject.lastKey(of: lastQuery)
  }

  /// Draws the weights; says how they became levels, and how many queries of each block were looked
  /// at when not all.
  @discardableResult
  func draw(
    _ drawing: Drawing, _ subject: Subject, head: HeadIndex, side: Int = 0,
    on canvas: inout Canvas
  ) -> (levels: Levels, sampled: Int?) {
    let tile = tile(drawing, subject, head: head, side: side)
    let levels = drawing.state.scale.levels(of: tile.values)
    /// Nil outside the map and where the query cannot see the key.
    func level(_ x: Int, _ value: Int) -> Float? {
      let (row, column) = (value / down, x / across)
      guard row < tile.rows, column < tile.columns,
        isSeen(row: row, column: column, of: subject)
      else { return nil }
      return levels.level(tile[row, column])
    }
    for y in 0..<plot.height {
      for x in 0..<plot.width {
        let shade: Shade
        if valuesPerCell == 1 {
          shade = level(x, y).map { .level($0) } ?? .none
        } else {
          switch (level(x, y * 2), level(x, y * 2 + 1)) {
          case (nil, nil): shade = .none
          case (let upper, let lower):
            let halves = (upper: upper ?? .nan, lower: lower ?? .nan)
            let undefined = halves.upper.isNaN && halves.lower.isNaN
            shade = undefined ? .level(.nan) : .halves(upper: halves.upper, lower: halves.lower)
          }
        }
        canvas[plot.x + x, plot.y + y] = Cell(shade: shade)
      }
    }
    return (levels, tile.sampled)
  }
}
