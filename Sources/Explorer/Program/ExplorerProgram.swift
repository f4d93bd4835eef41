/// The explorer as the event loop runs it.
///
/// Effects other than the screen's go to `perform`, which must return at once and answer through
/// the mailbox.
public final class ExplorerProgram: ScreenProgram {
  /// Where background work leaves progress and results.
  public let mailbox: Mailbox<Action>
  /// What is to be seen.
  public private(set) var state: ExplorerState
  private let tiles = TileCache()
  private let perform: (Effect) -> Void

  /// An explorer that starts from a state.
  public init(
    _ state: ExplorerState, mailbox: Mailbox<Action> = Mailbox(),
    perform: @escaping (Effect) -> Void
  ) {
    self.state = state
    self.mailbox = mailbox
    self.perform = perform
  }

  /// Applies one action and hands out what it asks for.
  public func apply(_ action: Action) -> [ScreenRequest] {
    var requests: [ScreenRequest] = []
    for effect in update(&state, action) {
      if case .screen(let request) = effect { requests.append(request) } else { perform(effect) }
    }
    return requests
  }

  /// Applies an input event.
  public func receive(_ event: InputEvent) -> [ScreenRequest] {
    switch event {
    case .key(let key): apply(.key(key))
    case .mouse(let mouse): apply(.mouse(mouse))
    case .paste(let text): apply(.paste(text))
    case .resize(let width, let height): apply(.resize(width: width, height: height))
    }
  }

  /// Says how background work wakes the event loop, from any thread.
  public func onMail(_ wake: @escaping @Sendable () -> Void) { mailbox.onPost(wake) }

  /// Applies what the background has posted.
  public func receiveMail() -> [ScreenRequest] { mailbox.take().flatMap(apply) }

  /// Whether the background has posted something that was not received yet.
  public var hasMail: Bool { !mailbox.isEmpty }

  /// What the view says about its cursor, what is changed about the model, and how maps are looked at.
  public var spoken: String {
    let drawing = Drawing(state, appearance: state.appearance, tiles: tiles)
    let text = ExplorerViews.named(state.view).spoken(drawing)
    let flags = drawing.statusFlags(state.alteration.text)
    return ([text, flags] + state.lens.notes.map(\.text)).filter { !$0.isEmpty }
      .joined(separator: "; ")
  }

  /// Draws the state; pages and zoom steps follow the size drawn last.
  public func draw(width: Int, height: Int, appearance: Appearance) -> Canvas {
    (state.width, state.height, state.appearance) = (width, height, appearance)
    return Drawing(state, appearance: appearance, tiles: tiles).canvas(width: width, height: height)
  }

  /// How the cells look with the ramp in use.
  public func looks(for canvas: Canvas, appearance: Appearance) -> [Look] {
    let looks = Looks(appearance: appearance, ramp: state.ramp)
    return canvas.cells.map(looks.look)
  }
}
