import CNcurses
import Explorer

/// Runs a screen program on the calling thread, which is the process's main one.
///
/// The thread sleeps in one `ppoll` over standard input and an eventfd, never polls, and paints once
/// after everything that waited has been handed over. An `async` main would not do: on Linux the main
/// actor shares the pool that computation fills, and then no key is answered. Measured: no context
/// switch in two idle seconds.
public enum EventLoop {
  /// The most pictures per second that background work alone causes.
  static let backgroundRate = 15.0

  /// Takes the terminal, runs the program until it asks to quit or the terminal goes away, and gives
  /// the terminal back.
  ///
  /// Signals that end the process give it back first, then act as they would have.
  ///
  /// - Throws: `TerminalError` when the terminal cannot be taken.
  public static func run(
    _ program: some ScreenProgram, options: TerminalOptions
  ) throws(TerminalError) {
    let waker = Waker()
    let screen = try Screen(options, wake: waker.file)
    defer { screen.close() }
    program.onMail { waker.wake() }
    var pacer = Pacer(rate: backgroundRate)
    // The program learns the size before the first picture.
    var quits = handle([.resize(width: screen.width, height: screen.height)], program, screen)
    // What was posted before anyone could be woken.
    quits = perform(program.receiveMail(), program, screen) || quits
    while !quits {
      if pacer.isDue(at: heed_seconds()) {
        let before = heed_seconds()
        paint(program, screen)
        pacer.painted(from: before, to: heed_seconds())
      }
      let why = heed_wait(waker.file, pacer.wait(at: heed_seconds()))
      if why & Int32(HEED_HANGUP) != 0 { return }
      var events: [InputEvent] = []
      answerSignals(screen, &events, &pacer)
      if why & Int32(HEED_INPUT) != 0 {
        // Readable without a byte to read: the other end is closed.
        if heed_waiting() == 0 { return }
        events += screen.readEvents()
      }
      if !events.isEmpty {
        quits = handle(events, program, screen) || quits
        pacer.inputArrived()
      }
      if why & Int32(HEED_WOKEN) != 0 {
        quits = perform(program.receiveMail(), program, screen) || quits
        pacer.mailArrived()
      }
    }
  }

  /// Gives the terminal back where it is taken, from any thread: for a process that is about to end.
  public static func giveTerminalBack() { heed_give_back() }

  /// Does what signals ask; a new size becomes an event.
  private static func answerSignals(
    _ screen: Screen, _ events: inout [InputEvent], _ pacer: inout Pacer
  ) {
    let asked = heed_take_signals()
    let (width, height) = (screen.width, screen.height)
    if asked & Int32(HEED_STOP_ASKED) != 0 {
      screen.suspend()
      pacer.inputArrived()
    } else if asked & Int32(HEED_CONTINUED) != 0 {
      screen.retake()
      pacer.inputArrived()
    } else if asked & Int32(HEED_RESIZED) != 0 {
      screen.followWindow()
    }
    if (screen.width, screen.height) != (width, height) {
      events.append(.resize(width: screen.width, height: screen.height))
    }
  }

  /// Hands events over; true to leave.
  private static func handle(
    _ events: [InputEvent], _ program: some ScreenProgram, _ screen: Screen
  ) -> Bool {
    for event in events where perform(program.receive(event), program, screen) { return true }
    return false
  }

  /// Does what the program asks; true to leave.
  private static func perform(
    _ requests: [ScreenRequest], _ program: some ScreenProgram, _ screen: Screen
  ) -> Bool {
    for request in requests {
      switch request {
      case .quit: return true
      case .suspend:
        let (width, height) = (screen.width, screen.height)
        screen.suspend()
        if (screen.width, screen.height) != (width, height) {
          let resize = InputEvent.resize(width: screen.width, height: screen.height)
          if handle([resize], program, screen) { return true }
        }
      case .redraw: screen.repaint()
      case .mouse(let on): screen.setMouse(on)
      case .bell: screen.bell()
      case .copy(let text): screen.copy(text)
      }
    }
    return false
  }

  private static func paint(_ program: some ScreenProgram, _ screen: Screen) {
    let canvas = program.draw(
      width: screen.width, height: screen.height, appearance: screen.appearance)
    screen.show(program.looks(for: canvas, appearance: screen.appearance))
  }
}

/// Wakes the event loop from any thread; the file lives as long as anyone may write to it.
private final class Waker: Sendable {
  let file = heed_make_wake()

  func wake() { heed_wake(file) }

  deinit { heed_close_wake(file) }
}
