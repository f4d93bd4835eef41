import Models

/// Where the parts of the atlas lie.
struct AtlasLayout {
  /// The heads' cells.
  let grid: Region
  /// Columns and rows of one head's block.
  let cellWidth, cellHeight: Int
  /// Layers and heads that are seen.
  let layers, heads: Range<Int>
  /// Layer names, head numbers and the legend.
  let layerLabels, headLabels, legend: Region
  /// The map of the head under the cursor; nil without room.
  let side: Region?

  init(_ subject: Subject, cursor: HeadIndex, in region: Region) {
    var main = region
    if region.width >= 76, region.height >= 12 {
      let width = (region.width * 2 / 5).clamped(to: 30...56)
      let (right, left) = region.right(width)
      (side, main) = (right, left.left(left.width - 2).left)
    } else {
      side = nil
    }
    let (legend, body) = main.bottom(main.height > 3 ? 1 : 0)
    let (top, rows) = body.top(body.height > 2 ? 1 : 0)
    let gutter = main.width > 12 ? "L\(subject.patterns.layers - 1)".count + 1 : 0
    let (labels, cells) = rows.left(gutter)
    let (layerCount, headCount) = (subject.patterns.layers, subject.patterns.heads)
    let height = max(1, cells.height - (cells.height > 4 ? 1 : 0))
    cellWidth = (cells.width / headCount).clamped(to: 1...6)
    cellHeight = (height / layerCount).clamped(to: 1...max(1, cellWidth / 2))
    heads = Self.window(headCount, visible: cells.width / cellWidth, cursor.head)
    layers = Self.window(layerCount, visible: height / cellHeight, cursor.layer)
    grid = Region(
      x: cells.x, y: cells.y, width: min(cells.width, heads.count * cellWidth),
      height: min(height, layers.count * cellHeight))
    layerLabels = Region(x: labels.x, y: grid.y, width: labels.width, height: grid.height)
    headLabels = Region(x: cells.x, y: top.y, width: cells.width, height: top.height)
    self.legend = legend
  }

  /// A window around the cursor.
  private static func window(_ count: Int, visible: Int, _ cursor: Int) -> Range<Int> {
    let visible = max(1, visible)
    guard visible < count else { return 0..<count }
    let start = (cursor - visible / 2).clamped(to: 0...(count - visible))
    return start..<(start + visible)
  }

  /// The cells of one head.
  func block(_ head: HeadIndex) -> Region {
    Region(
      x: grid.x + (head.head - heads.lowerBound) * cellWidth,
      y: grid.y + (head.layer - layers.lowerBound) * cellHeight, width: cellWidth,
      height: cellHeight)
  }

  /// The head at a cell.
  func head(atX x: Int, y: Int) -> HeadIndex? {
    guard grid.contains(x, y) else { return nil }
    let head = HeadIndex(
      layer: layers.lowerBound + (y - grid.y) / cellHeight,
      head: heads.lowerBound + (x - grid.x) / cellWidth)
    return layers.contains(head.layer) && heads.contains(head.head) ? head : nil
  }
}
