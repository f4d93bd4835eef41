import Foundation
import Synchronization

/// ^C in a command: the first one lets the work end cleanly, the second one ends it at once.
enum Interruption {
  private static let caught = Atomic(false)

  /// Starts to listen; call it on the thread that works.
  ///
  /// On a stack of its own: the machine code that oneDNN 2.6 makes for products keeps numbers below the stack
  /// pointer, where the frame of a handler on the same stack would overwrite them. Measured: with a signal every
  /// half millisecond a run ends in a damaged heap within seconds, with such a stack never.
  static func listen() {
    _ = stack
    var action = sigaction()
    action.sa_flags = SA_ONSTACK | SA_RESTART
    action.__sigaction_handler.sa_handler = { number in
      signal(number, SIG_DFL)
      Interruption.caught.store(true, ordering: .relaxed)
    }
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
  }

  /// Gives the thread that asks first a stack for signals, unless it has one.
  private static let stack: Void = {
    var known = stack_t()
    sigaltstack(nil, &known)
    guard known.ss_flags & Int32(SS_DISABLE) != 0 else { return }
    let size = 1 << 16
    var own = stack_t(
      ss_sp: UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16), ss_flags: 0,
      ss_size: size)
    sigaltstack(&own, nil)
  }()

  /// Whether ^C was pressed.
  static var isCaught: Bool { caught.load(ordering: .relaxed) }

  /// Goes on after ^C, to write what is done; the next one ends the program at once.
  static func forget() { caught.store(false, ordering: .relaxed) }

  /// Ends the work when ^C was pressed.
  ///
  /// - Throws: `CancellationError`.
  static func check() throws {
    if isCaught { throw CancellationError() }
  }
}
