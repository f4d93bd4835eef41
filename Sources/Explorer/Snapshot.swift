/// Pictures without a screen.
public enum Snapshot {
  /// One view as the screen would draw it, without the line of keys.
  public static func render(
    _ state: ExplorerState, view: String, width: Int, height: Int, appearance: Appearance
  ) -> Canvas {
    var state = state
    state.views = [view]
    (state.width, state.height, state.appearance) = (width, height, appearance)
    (state.entry, state.notice, state.progress, state.work, state.count) = (.none, nil, nil, nil, nil)
    let drawing = Drawing(state, appearance: appearance, tiles: TileCache())
    // One row more than asked for: the keys, which no file needs.
    let full = drawing.canvas(width: width, height: height + 1)
    var canvas = Canvas(width: width, height: height)
    for y in 0..<canvas.height {
      for x in 0..<canvas.width { canvas[x, y] = full[x, y] }
    }
    return canvas
  }

  /// One view as plain text, headed by what it shows.
  public static func text(
    _ state: ExplorerState, view: String, width: Int, height: Int, charset: Charset
  ) -> String {
    let appearance = Appearance(depth: .mono, charset: charset)
    let canvas = render(state, view: view, width: width, height: height, appearance: appearance)
    let body = TextExport.export(canvas, appearance: appearance, ramp: state.ramp)
    return (header(state, view: view, charset: charset) + [body]).joined(separator: "\n")
  }

  /// What a saved picture says about itself: model, view, head, scale or score, and the prompt.
  ///
  /// Lines without line ends; the last one is empty.
  public static func header(_ state: ExplorerState, view: String, charset: Charset) -> [String] {
    var line = "heed"
    guard let subject = state.subject else { return [line, ""] }
    line += " \(TokenText.exact(Array(subject.model.utf8), charset: charset))"
    let reading = view == AtlasView.name ? state.scoreTable?.name ?? "" : state.scale.rawValue
    line += " \(view) \(state.head) \(reading)"
    return [line, TokenText.exact(Array(subject.prompt.utf8), charset: charset), ""]
  }
}

extension Snapshot {
  /// One view with colours (SGR sequences only), headed by what it shows.
  public static func ansi(
    _ state: ExplorerState, view: String, width: Int, height: Int, appearance: Appearance
  ) -> String {
    let canvas = render(state, view: view, width: width, height: height, appearance: appearance)
    let body = ANSIExport.export(canvas, appearance: appearance, ramp: state.ramp)
    return (header(state, view: view, charset: appearance.charset) + [body])
      .joined(separator: "\n")
  }
}
