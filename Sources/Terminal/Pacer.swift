/// When the next picture is due: at once after input, at a limited rate after background work.
///
/// A slow terminal lowers the limit: pictures that take long to send leave it as much time again for keys.
struct Pacer {
  private let interval: Double
  private var due: Double? = 0
  private var earliest = 0.0

  /// - Parameter rate: The most pictures per second without input.
  init(rate: Double) { interval = 1 / rate }

  /// The user did something.
  mutating func inputArrived() { due = 0 }

  /// Background work has news.
  mutating func mailArrived() { due = min(due ?? earliest, earliest) }

  /// A picture was sent; times in seconds.
  mutating func painted(from start: Double, to end: Double) {
    due = nil
    earliest = end + max(interval - (end - start), end - start)
  }

  /// Whether to paint now.
  func isDue(at now: Double) -> Bool { due.map { $0 <= now } ?? false }

  /// How long to sleep, in milliseconds; -1 is until something happens.
  func wait(at now: Double) -> Int32 {
    // Rounded up: waking early would only mean to sleep again.
    due.map { Int32(max(0, ($0 - now) * 1000).rounded(.up)) } ?? -1
  }
}
