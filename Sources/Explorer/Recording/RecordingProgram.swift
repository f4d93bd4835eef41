/// Another program's events, written down before they are handed on.
///
/// A line is written as soon as it is known: what led to a crash is in the file.
public final class RecordingProgram<Program: ScreenProgram>: ScreenProgram {
  private let program: Program
  private let write: (String) -> Void

  /// A program that is recorded.
  ///
  /// - Parameter write: Takes each line, with its end.
  public init(_ program: Program, write: @escaping (String) -> Void) {
    self.program = program
    self.write = write
  }

  /// Records the event, then lets the program have it.
  public func receive(_ event: InputEvent) -> [ScreenRequest] {
    write(Recording.Step(event).line + "\n")
    return program.receive(event)
  }

  /// The program's own.
  public func onMail(_ wake: @escaping @Sendable () -> Void) { program.onMail(wake) }

  /// The program's own.
  public func receiveMail() -> [ScreenRequest] { program.receiveMail() }

  /// The program's own.
  public func draw(width: Int, height: Int, appearance: Appearance) -> Canvas {
    program.draw(width: width, height: height, appearance: appearance)
  }

  /// The program's own.
  public func looks(for canvas: Canvas, appearance: Appearance) -> [Look] {
    program.looks(for: canvas, appearance: appearance)
  }
}
