import Glibc
import Synchronization

/// The system gives the process no more memory, such as under `ulimit -v`.
///
/// Work is planned before it starts, so this is for what no plan foresaw: as with Swift's own allocations
/// there is nothing to go on with, but there is something to say.
public struct MemoryRefusal: Error, Hashable, CustomStringConvertible {
  /// How much was asked for.
  public let bytes: Int

  /// A refusal.
  public init(bytes: Int) { self.bytes = bytes }

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    "out of memory: the system refused \(bytes) bytes more, as \"ulimit -v\" makes it; raise the limit, "
      + "or give a shorter prompt or a smaller --memory"
  }

  /// Says what ends the process; without it a refusal is a trap.
  ///
  /// - Parameter handler: Called on the thread that was refused, which may be any.
  public static func onRefusal(_ handler: @escaping @Sendable (MemoryRefusal) -> Never) {
    Self.handler.withLock { $0 = handler }
  }

  /// Whether the system would give so much at once: asked for and given back, never touched.
  ///
  /// - Throws: The refusal.
  public static func probe(_ bytes: Int) throws(MemoryRefusal) {
    guard bytes > 0 else { return }
    let region = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let region, region != MAP_FAILED else { throw MemoryRefusal(bytes: bytes) }
    munmap(region, bytes)
  }

  /// Ends the process.
  static func end(_ bytes: Int) -> Never {
    let refusal = MemoryRefusal(bytes: bytes)
    // Whoever says the last word may need memory for it: none is asked for while the lock is held.
    if let handler = handler.withLock({ $0 }) { handler(refusal) }
    preconditionFailure(refusal.description)
  }

  private static let handler = Mutex<(@Sendable (MemoryRefusal) -> Never)?>(nil)
}
