import Synchronization

/// What the event loop runs: input in, pictures out, on one thread.
///
/// The loop hands over everything that is waiting, then asks for one picture.
public protocol ScreenProgram: AnyObject {
  /// Takes one event and says what the screen must do about it.
  func receive(_ event: InputEvent) -> [ScreenRequest]

  /// Says how background work wakes the event loop, from any thread.
  func onMail(_ wake: @escaping @Sendable () -> Void)

  /// Takes what the background has posted since the last call.
  func receiveMail() -> [ScreenRequest]

  /// Draws what is to be seen now.
  func draw(width: Int, height: Int, appearance: Appearance) -> Canvas

  /// How each cell of a canvas looks, row-major.
  func looks(for canvas: Canvas, appearance: Appearance) -> [Look]
}

/// Where background work leaves its results for the thread that draws.
public final class Mailbox<Message: Sendable>: Sendable {
  private let state = Mutex<(messages: [Message], wake: (@Sendable () -> Void)?)>(([], nil))

  /// An empty mailbox.
  public init() {}

  /// Says how to wake the thread that draws; called after every post.
  public func onPost(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

  /// Leaves a message; callable from any thread.
  public func post(_ message: Message) {
    let wake = state.withLock {
      $0.messages.append(message)
      return $0.wake
    }
    wake?()
  }

  /// Whether there is no message.
  public var isEmpty: Bool { state.withLock { $0.messages.isEmpty } }

  /// Takes all messages, oldest first.
  public func take() -> [Message] {
    state.withLock { state in
      defer { state.messages = [] }
      return state.messages
    }
  }
}
