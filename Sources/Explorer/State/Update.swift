/// The one place where the state changes.
///
/// - Returns: What the world around must do about it.
public func update(_ state: inout ExplorerState, _ action: Action) -> [Effect] {
  let effects = state.take(action)
  state.clamp()
  state.follow()
  return effects + state.questions()
}

extension ExplorerState {
  /// Carries out an action.
  fileprivate mutating func take(_ action: Action) -> [Effect] {
    switch action {
    case .key(let key): return handle(key)
    case .mouse(let event): return point(event)
    case .paste(let text): paste(text)
    case .resize(let width, let height): (self.width, self.height) = (max(0, width), max(0, height))

    case .move(let motion): move(motion)
    case .goto(let head): self.head = head
    case .step(let layers, let heads):
      let before = head
      head.layer += layers
      head.head += heads
      clamp()
      if subject != nil, head == before {
        say(
          "no \(layers == 0 ? "head" : "layer") \(layers + heads < 0 ? "before" : "after") this one"
        )
      }
    case .query(let query): self.query = query
    case .selectKey(let key): self.key = key
    case .point(let query, let key): (self.query, self.key) = (query, key)
    case .zoom(let zoom):
      if zoom == .fit, self.zoom == .fit { say("the whole map is in the window") }
      self.zoom = zoom
    case .zoomIn: magnify { $0.larger }
    case .zoomOut: magnify { $0.smaller }
    case .scale(let scale):
      self.scale = scale
      say("scale: \(scale.rawValue)")
    case .ramp(let ramp):
      self.ramp = ramp
      say("colours: \(ramp.rawValue)")
    case .score(let name): score = name
    case .stepScore(let step): stepScore(step)

    case .show(let view):
      if view == self.view { say("this is \(ExplorerViews.named(view).title)") }
      open(view)
    case .stepView(let step): stepView(step)
    case .enter: enter()
    case .leave:
      if spanStart != nil {
        spanStart = nil
        say("no part was named")
      } else if views.count > 1 {
        views.removeLast()
      }
    case .close:
      guard views.count > 1 else { return [.screen(.quit)] }
      views.removeLast()
    case .quit: return [.screen(.quit)]
    case .openCommand: entry = .command(CommandEntry())
    case .openPrompt:
      guard let medium = mediumCommand else {
        entry = .prompt(PromptEntry(prompt))
        return []
      }
      return type(command: "\(medium.rawValue) ")

    case .run(let text):
      guard text.isEmpty || !readsNoText else {
        say(
          "this run reads no text; :\(mediumCommand?.rawValue ?? "image") FILE gives it another file"
        )
        return []
      }
      if text != prompt, subject != nil { edits.note(version) }
      return run(text)
    case .runBeside(let option): return run(beside: option)
    case .openModel(let name):
      progress = .init(fraction: nil, text: "opening \(name)")
      answers.forgetAsked()
      return [.open(name, prompt: prompt, beside: medium)]
    case .cancel: return cancel()
    case .change(let change): return change(&self)
    case .writeSession(let name):
      guard let session = Session(self) else {
        fail("there is nothing to write yet")
        return []
      }
      let file = name ?? sessionFile ?? "heed.session"
      sessionFile = file
      return [.write(name: file, session)]
    case .export(let name):
      say("writing \(name)")
      return [.export(name: name, export)]
    case .snapshot(let name): return [snapshot(name)]
    case .yank:
      say("copied, if the terminal allows it")
      return [.screen(.copy(picture(TextExport.self)))]
    case .mouseOnOff:
      hasMouse.toggle()
      say(hasMouse ? "the mouse is heed's" : "the mouse is the terminal's")
      return [.screen(.mouse(hasMouse))]
    case .suspend: return [.screen(.suspend)]
    case .redraw: return [.screen(.redraw)]

    case .progress(let fraction, let text): progress = .init(fraction: fraction, text: text)
    case .working(let fraction, let text): work = .init(fraction: fraction, text: text)
    case .loaded(let subject): return load(subject)
    case .answered(let question, let answer, let generation, let why):
      hear(answer, to: question, generation: generation, why: why)
    case .promptFile(let file): return take(file)
    case .maskFile(let name, let bytes): read(mask: bytes, of: name)
    case .failed(let why): fail(why)
    case .listed(let names): listing = names
    case .notice(let text): say(text)
    }
    return []
  }

  /// Shows a short message.
  mutating func say(_ text: String) { notice = Notice(text: text, isError: false) }

  /// Shows a short message after what is shown already.
  mutating func sayToo(_ text: String) {
    say([notice?.text, text].compactMap { $0 }.joined(separator: "; "))
  }

  /// Runs the model on a text.
  mutating func run(_ text: String) -> [Effect] {
    (prompt, progress) = (text, .init(fraction: nil, text: "running"))
    // The run stops the analysis; whatever is still wanted is asked for again.
    answers.forgetAsked()
    return [.run(text, beside: medium)]
  }

  /// Stops what runs; quits when nothing does.
  private mutating func cancel() -> [Effect] {
    guard progress != nil || !answers.asked.isEmpty else { return [.screen(.quit)] }
    (progress, work) = (nil, nil)
    takeBackMedium()
    answers.refuseAsked("stopped; R runs the prompt again")
    say("cancelled")
    return [.cancel]
  }
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
    let before = MapLayout(subject, self, in: body).zoom
    zoom = change(before)
    if zoom == before { say("no further than \(zoom.text) columns for a weight") }
  }

  mutating func stepScore(_ step: Int) {
    let scores = scores
    guard !scores.isEmpty else { return }
    let place = scores.firstIndex { $0.name == score } ?? 0
    score = scores[(place + step + scores.count) % scores.count].name
  }

  /// Goes to a view: back to it where it is open, else on top of the others.
  mutating func open(_ view: String) {
    if [HelpView.name, ModelView.name].contains(view) { (helpTop, helpFilter) = (0, "") }
    if let place = views.firstIndex(of: view) {
      views.removeSubrange((place + 1)...)
    } else {
      views.append(view)
    }
  }

  /// The neighbour among the tabs takes the place of this view, unless this is the first one.
  mutating func stepView(_ step: Int) {
    let names = ExplorerViews.tabs(self).map { $0.name }
    let place = names.firstIndex(of: view) ?? (step > 0 ? -1 : names.count)
    let next = names[(place + step + names.count) % names.count]
    if views.count > 1 { views.removeLast() }
    open(next)
  }

  /// One view closer: to the map, and from it to the tokens.
  mutating func enter() {
    let last = seesImage ? ImageView.name : TokensView.name
    if view == MapView.name {
      open(last)
    } else if view != last, view != HelpView.name {
      trail.leave(place)
      open(MapView.name)
    }
  }

  mutating func fail(_ why: String) {
    progress = nil
    takeBackMedium()
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
