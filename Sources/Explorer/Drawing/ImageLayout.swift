import Models

/// Where the parts of the image view lie.
struct ImageLayout {
  /// The tokens before the patches and after them, one line each; empty where there are none.
  let before, after: Region
  /// The picture alone, and the picture under the weights; the first is empty where there is room for one.
  let picture, weights: HeatGrid
  /// A line above each of the two.
  let titles: [Region]
  let legend: Region
  /// Where the patches stand among the keys.
  let patches: PatchGrid

  init(_ patches: PatchGrid, _ subject: Subject, _ state: ExplorerState, in region: Region) {
    self.patches = patches
    let (legend, rest) = region.bottom(region.height > 3 ? 1 : 0)
    let hasLines = region.height > 6
    let (before, lower) = rest.top(hasLines && patches.first > 0 ? 1 : 0)
    let isLast = patches.tokens.upperBound >= subject.patterns.keyCount
    let (after, body) = lower.bottom(hasLines && !isLast ? 1 : 0)
    (self.legend, self.before, self.after) = (legend, before, after)
    let values = state.appearance.valuesPerCell
    let half = body.width >= 40 ? (body.width - 2) / 2 : 0
    let left = body.left(half).left
    let right = body.right(body.width - half - (half > 0 ? 2 : 0)).right
    titles = [left.top(1).top, right.top(1).top]
    let query = Self.focus(state.query, subject)
    func grid(_ region: Region) -> HeatGrid {
      let area = region.top(1).rest
      let zoom = HeatGrid.fit(
        queries: patches.rows, keys: patches.columns, width: area.width, height: area.height,
        valuesPerCell: values)
      return HeatGrid(
        queries: patches.rows, keys: patches.columns, zoom: zoom, origin: (0, 0), focus: query,
        in: area, valuesPerCell: values)
    }
    picture = grid(left)
    weights = grid(right)
  }

  /// The patch that a query is, so that it is seen; the first one for any other token.
  private static func focus(_ query: Int, _ subject: Subject) -> (row: Int, column: Int) {
    guard let grid = subject.queryPrompt?.grid, grid.tokens.contains(query) else { return (0, 0) }
    let (row, column) = (query - grid.first).quotientAndRemainder(dividingBy: grid.columns)
    return (row, column)
  }

  /// The position of the patch at a cell, in either picture; nil where none is.
  func patch(atX x: Int, y: Int) -> Int? {
    guard let place = picture.weight(atX: x, y: y) ?? weights.weight(atX: x, y: y) else {
      return nil
    }
    return patches.first + place.query * patches.columns + place.key
  }
}
