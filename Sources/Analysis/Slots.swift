import Synchronization

/// Results of parallel work, one for each index.
final class Slots<Value: Sendable>: Sendable {
  private let values: Mutex<[Value?]>

  init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }

  func put(_ value: Value, at index: Int) { values.withLock { $0[index] = value } }

  /// All results in order.
  func take() -> [Value] { values.withLock { $0.compactMap { $0 } } }
}
