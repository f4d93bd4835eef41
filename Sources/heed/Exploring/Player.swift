import Explorer
import Foundation

/// Runs the explorer without a terminal: events in, and every answer waited for before the next one, so
/// that the same recording prints the same bytes every time.
final class Player {
  private let program: ExplorerProgram
  private let desk: Desk
  private let appearance: Appearance
  private var size = (width: 100, height: 30)
  private(set) var hasQuit = false

  /// A player of a program whose effects a desk carries out.
  init(_ program: ExplorerProgram, _ desk: Desk, appearance: Appearance) {
    self.program = program
    self.desk = desk
    self.appearance = appearance
    look()
    settle()
  }

  /// What is to be seen.
  var state: ExplorerState { program.state }

  /// What the view says about its cursor, in words.
  var spoken: String { program.spoken }
  /// Whether a line is being typed.
  var isTyping: Bool { state.entry != .none }

  /// Plays one step and waits for what it set off.
  func play(_ step: Recording.Step) {
    if case .size(let width, let height) = step {
      size = (width, height)
      look()
    }
    for event in step.events where !hasQuit {
      obey(program.receive(event))
      // Enter starts work; the keys of a line being typed do not.
      settle()
    }
  }

  /// Draws as the screen would.
  ///
  /// What a view does depends on the window drawn last. Once for each window is enough: nobody sees what is
  /// between two snapshots.
  private func look() {
    _ = program.draw(width: size.width, height: size.height, appearance: appearance)
  }

  /// Waits until everything is answered.
  private func settle() {
    // What one answer asks for in turn, such as the next of several tokens, is waited for too.
    var hadMail = true
    while hadMail {
      desk.waitUntilIdle()
      hadMail = program.hasMail
      obey(program.receiveMail())
    }
  }

  private func obey(_ requests: [ScreenRequest]) {
    if requests.contains(.quit) { hasQuit = true }
  }
}
