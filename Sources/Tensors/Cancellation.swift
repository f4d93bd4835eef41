import Glibc
import Synchronization

/// Work that may be given up while it lasts, such as a run that nobody waits for any more.
///
/// Whoever starts the work says when it is over. From then on the engine's long loops and products leave
/// out what is left of them: numbers that nobody will read. So the way to the next place where an error can
/// be thrown is short, whatever the size of a layer, and no loop has to throw.
public struct Cancellation: Sendable {
  private let isOver: @Sendable () -> Bool

  /// Work that can be given up.
  ///
  /// - Parameter isOver: Whether nobody waits for the work any more; called often and from any thread. Once
  ///   true it stays true while the work lasts.
  public init(when isOver: @escaping @Sendable () -> Bool) { self.isOver = isOver }

  /// Does the work.
  ///
  /// - Parameter body: Loops that it starts with `Parallel` ask on their threads, too.
  /// - Throws: `CancellationError` when the work is over, whatever became of it; else what `body` throws.
  public func watch<Result>(_ body: () throws -> Result) throws -> Result {
    let watch = Watch(isOver)
    return try watch.during {
      let result: Result
      // What goes wrong with numbers that were left out is no error of its own.
      do { result = try body() } catch { throw watch.isDue ? CancellationError() : error }
      try Self.check()
      return result
    }
  }

  /// Whether the work of this thread is given up.
  public static var isDue: Bool { Watch.current?.isDue ?? false }

  /// Ends work that is given up.
  ///
  /// - Throws: `CancellationError`.
  public static func check() throws {
    if isDue { throw CancellationError() }
  }

  /// Keeps what has been found so far: the work goes on, and can be given up no more.
  public static func settle() { Watch.current?.settle() }
}

/// What some threads do together, until it is over.
final class Watch: Sendable {
  private let isOver: @Sendable () -> Bool
  private let isSettled = Atomic(false)

  init(_ isOver: @escaping @Sendable () -> Bool) { self.isOver = isOver }

  var isDue: Bool { !isSettled.load(ordering: .relaxed) && isOver() }

  func settle() { isSettled.store(true, ordering: .relaxed) }

  /// Calls `body` on this thread as a part of the work.
  func during<Result>(_ body: () throws -> Result) rethrows -> Result {
    let outer = pthread_getspecific(Self.key)
    pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
    defer { pthread_setspecific(Self.key, outer) }
    return try withExtendedLifetime(self) { try body() }
  }

  /// What this thread works at; nil for work that nobody gives up.
  static var current: Watch? {
    pthread_getspecific(key).map { Unmanaged<Watch>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()
}
