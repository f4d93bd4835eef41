/// Pictures without a screen.
public enum Snapshot {
  /// One view as the screen would draw it, without the line of keys.
  public static func render(
    _ state: ExplorerState, view: String, width: Int, height: Int, appearance: Appearance
  ) -> Canvas {
    var state = state
    state.views = [view]
    (state.width, state.height, state.appearance) = (width, height, appearance)
    (state.entry, state.notice) = (.none, nil)
    (state.progress, state.work, state.count) = (nil, nil, nil)
    let drawing = Drawing(state, appearance: appearance, tiles: TileCache())
    // One row more than asked for: the keys, which no file needs.
    let full = drawing.canvas(width: width, height: height + 1)
    var canvas = Canvas(width: width, height: height)
    for y in 0..<canvas.height {
      for x in 0..<canvas.width { canvas[x, y] = full[x, y] }
    }
    return canvas
  }

  /// One view as a file of some format, headed by what it shows; the same state gives the same bytes.
  ///
  /// - Parameter appearance: What the output can show; a format that knows better takes its own.
  public static func file(
    _ state: ExplorerState, view: String, width: Int, height: Int,
    format: any CanvasExport.Type, appearance: Appearance
  ) -> String {
    let appearance = format.appearance(for: appearance)
    let canvas = render(state, view: view, width: width, height: height, appearance: appearance)
    let header = SnapshotHeader(state, view: view, charset: appearance.charset)
    return format.document(canvas, header: header, appearance: appearance, ramp: state.ramp)
  }

  /// One view as plain text, headed by what it shows.
  public static func text(
    _ state: ExplorerState, view: String, width: Int, height: Int, charset: Charset
  ) -> String {
    file(
      state, view: view, width: width, height: height, format: TextExport.self,
      appearance: Appearance(depth: .mono, charset: charset))
  }
}
