import Foundation
import Synchronization

/// ^C in a command: the first one lets the work end cleanly, the second one ends it at once.
enum Interruption {
  private static let caught = Atomic(false)

  /// Starts to listen.
  static func listen() {
    let handler: @convention(c) (Int32) -> Void = { number in
      signal(number, SIG_DFL)
      Interruption.caught.store(true, ordering: .relaxed)
    }
    signal(SIGINT, handler)
    signal(SIGTERM, handler)
  }

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
