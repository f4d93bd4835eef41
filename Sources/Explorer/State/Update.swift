/// The one place where the state changes.
///
/// - Returns: What the world around must do about it.
public func update(_ state: inout ExplorerState, _ action: Action) -> [Effect] {
  switch action {
  case .key(let key): return state.press(key)
  case .mouse(let event): return state.point(event)
  case .paste(let text): state.paste(text)
  case .resize(let width, let height):
    (state.width, state.height) = (max(0, width), max(0, height))

  case .move(let motion): ExplorerViews.named(state.view).move(motion, &state, in: state.body)
  case .goto(let head): state.head = head
  case .step(let layers, let heads):
    state.head.layer += layers
    state.head.head += heads
  case .query(let query): state.query = query
  case .selectKey(let key): state.key = key
  case .point(let query, let key): (state.query, state.key) = (query, key)
  case .zoom(let zoom): state.zoom = zoom
  case .zoomIn: state.magnify { $0.larger }
  case .zoomOut: state.magnify { $0.smaller }
  case .scale(let scale): state.scale = scale
  case .ramp(let ramp):
    state.ramp = ramp
    state.notice = .init(text: "colours: \(ramp.rawValue)", isError: false)
  case .score(let name): state.score = name
  case .stepScore(let step): state.stepScore(step)

  case .show(let view): state.open(view)
  case .stepView(let step): state.stepView(step)
  case .enter: state.enter()
  case .leave: if state.views.count > 1 { state.views.removeLast() }
  case .close:
    guard state.views.count > 1 else { return [.screen(.quit)] }
    state.views.removeLast()
  case .quit: return [.screen(.quit)]
  case .openCommand: state.entry = .command(CommandEntry())
  case .openPrompt: state.entry = .prompt(LineEditor(state.prompt))

  case .run(let text):
    (state.prompt, state.progress) = (text, .init(fraction: nil, text: "running"))
    return [.run(text)]
  case .openModel(let name):
    state.progress = .init(fraction: nil, text: "opening \(name)")
    return [.open(name, prompt: state.prompt)]
  case .cancel:
    guard state.progress != nil else { return [.screen(.quit)] }
    state.progress = nil
    state.notice = .init(text: "cancelled", isError: false)
    return [.cancel]
  case .writeSession(let name):
    guard let session = Session(state) else {
      state.fail("there is nothing to write yet")
      return []
    }
    let file = name ?? state.sessionFile ?? "heed.session"
    state.sessionFile = file
    return [.write(name: file, session)]
  case .export(let name):
    state.notice = .init(text: "writing \(name)", isError: false)
    return [.export(name: name, state.export)]
  case .snapshot(let name): return [state.snapshot(name)]
  case .yank:
    state.notice = .init(text: "copied, if the terminal allows it", isError: false)
    return [.screen(.copy(state.picture(TextExport.self)))]
  case .mouseOnOff:
    state.hasMouse.toggle()
    let text = state.hasMouse ? "the mouse is heed's" : "the mouse is the terminal's"
    state.notice = .init(text: text, isError: false)
    return [.screen(.mouse(state.hasMouse))]
  case .suspend: return [.screen(.suspend)]
  case .redraw: return [.screen(.redraw)]

  case .progress(let fraction, let text): state.progress = .init(fraction: fraction, text: text)
  case .loaded(let subject): state.load(subject)
  case .failed(let why): state.fail(why)
  case .listed(let names): state.listing = names
  case .notice(let text): state.notice = .init(text: text, isError: false)
  }
  state.clamp()
  state.follow()
  return []
}

extension ExplorerState {
  /// Where the view is drawn.
  var body: Region { Frame(width: width, height: height).body }

  /// Moves the map's window so that it contains the crosshair.
  mutating func follow() {
    guard let subject else { return }
    let grid = MapLayout(subject, self, in: body).grid
    origin = (grid.rows.lowerBound, grid.columns.lowerBound)
  }

  /// Changes the zoom from what is drawn now, which `fit` leaves to the window.
  mutating func magnify(_ change: (Zoom) -> Zoom) {
    guard let subject else { return }
    zoom = change(MapLayout(subject, self, in: body).zoom)
  }

  mutating func stepScore(_ step: Int) {
    guard let scores = subject?.scores, !scores.isEmpty else { return }
    let place = scores.firstIndex { $0.name == score } ?? 0
    score = scores[(place + step + scores.count) % scores.count].name
  }

  /// Goes to a view: back to it where it is open, else on top of the others.
  mutating func open(_ view: String) {
    if view == HelpView.name { helpTop = 0 }
    if let place = views.firstIndex(of: view) {
      views.removeSubrange((place + 1)...)
    } else {
      views.append(view)
    }
  }

  /// The neighbour among the tabs takes the place of this view, unless this is the first one.
  mutating func stepView(_ step: Int) {
    let names = ExplorerViews.tabs.map { $0.name }
    let place = names.firstIndex(of: view) ?? 0
    let next = names[(place + step + names.count) % names.count]
    if views.count > 1 { views.removeLast() }
    open(next)
  }

  mutating func enter() {
    if view == AtlasView.name {
      open(MapView.name)
    } else if view == MapView.name {
      open(TokensView.name)
    }
  }

  mutating func fail(_ why: String) {
    progress = nil
    // Without a map to keep, the reason takes the window and the keys stay in sight.
    if subject == nil { content = .failed(why) } else { notice = Notice(text: why, isError: true) }
  }

  /// The current view as a file, as large as the window.
  func picture(_ format: any CanvasExport.Type) -> String {
    Snapshot.file(
      self, view: view, width: max(20, width), height: max(5, height - 1), format: format,
      appearance: appearance)
  }

  /// Saves the current view in the format that the name ends with, else as text.
  func snapshot(_ name: String?) -> Effect {
    let head = view == AtlasView.name || view == HelpView.name ? "" : "-\(self.head)"
    let format = name.flatMap(CanvasExports.forFile) ?? TextExport.self
    return .save(name: name ?? "heed-\(view)\(head).txt", text: picture(format))
  }
}
