import Synchronization

/// Results of parallel work, one for each index.
final class Slots: Sendable {
  private let values: Mutex<[MapStatistics?]>

  init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }

  func put(_ value: MapStatistics, at index: Int) { values.withLock { $0[index] = value } }

  /// All results in order.
  func take() -> [MapStatistics] { values.withLock { $0.compactMap { $0 } } }
}
