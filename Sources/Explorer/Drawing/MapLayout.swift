/// Where the parts of the map view lie.
struct MapLayout {
  /// The map and the piece of it that is seen.
  let grid: HeatGrid
  /// Token labels of the rows, without the mark beside the map.
  let rowLabels: Region
  /// Token labels of the columns, without the mark above the map.
  let columnLabels: Region
  /// The line below.
  let legend: Region
  /// The magnification in use: never `.fit`.
  let zoom: Zoom

  init(_ subject: Subject, _ state: ExplorerState, in region: Region) {
    let (legend, body) = region.bottom(region.height > 3 ? 1 : 0)
    let gutter = region.width >= 60 ? 16 : region.width >= 30 ? 10 : 0
    let tall = region.height >= 30 ? 6 : region.height >= 18 ? 4 : region.height >= 12 ? 3 : 1
    let values = state.appearance.valuesPerCell
    let (queries, keys) = (subject.patterns.queryCount, subject.patterns.keyCount)

    func parts(_ labelRows: Int) -> (labels: Region, plot: Region) {
      let (top, rest) = body.top(body.height > labelRows + 1 ? labelRows + 1 : 0)
      let (_, plot) = rest.left(gutter + 1)
      return (
        Region(x: plot.x, y: top.y, width: plot.width, height: max(0, top.height - 1)), plot
      )
    }
    func magnification(_ plot: Region) -> Zoom {
      guard state.zoom == .fit else { return state.zoom }
      return HeatGrid.fit(
        queries: queries, keys: keys, width: plot.width, height: plot.height, valuesPerCell: values)
    }
    var (labels, plot) = parts(tall)
    var zoom = magnification(plot)
    // Shorter labels before pooled weights; when one column is many tokens, numbers say more than names.
    for rows in (1..<max(1, tall)).reversed() {
      guard case .pooled = zoom else { break }
      (labels, plot) = parts(rows)
      zoom = magnification(plot)
    }
    self.zoom = zoom
    self.legend = legend
    grid = HeatGrid(
      queries: queries, keys: keys, zoom: zoom, origin: state.origin,
      focus: (state.query, state.key), in: plot, valuesPerCell: values)
    columnLabels = Region(x: labels.x, y: labels.y, width: plot.width, height: labels.height)
    rowLabels = Region(x: region.x, y: plot.y, width: gutter, height: grid.plot.height)
  }
}
