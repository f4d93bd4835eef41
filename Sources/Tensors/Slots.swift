import Synchronization

/// Results of parallel work, one for each index.
public final class Slots<Value: Sendable>: Sendable {
  private let values: Mutex<[Value?]>

  /// Room for so many results.
  public init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }

  /// Puts a result in its place.
  public func put(_ value: Value, at index: Int) { values.withLock { $0[index] = value } }

  /// All results in order.
  public func take() -> [Value] { values.withLock { $0.compactMap { $0 } } }
}
