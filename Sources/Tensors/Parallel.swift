import COneDNN
import Synchronization

/// Work spread over the threads that products also run on.
public enum Parallel {
  /// How many threads work started from this thread may use.
  public static var threadCount: Int { Int(heed_thread_count()) }

  /// Sets how many threads work started from this thread may use; at least one.
  public static func setThreadCount(_ count: Int) {
    heed_set_thread_count(Int32(clamping: max(1, count)))
  }

  /// Calls `body` for every index in `0..<count`, on several threads at once.
  ///
  /// Products inside `body` run single-threaded. Returns when all calls have.
  ///
  /// - Parameter grain: How many indices one thread takes at a time.
  public static func forEach(_ count: Int, grain: Int = 1, _ body: @Sendable (Int) -> Void) {
    let workers = min(threadCount, (count + grain - 1) / max(1, grain))
    guard workers > 1 else {
      for i in 0..<count { body(i) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let job = Job(count: count, grain: grain, body: body)
      heed_parallel(
        Int32(workers),
        { context, _ in
          guard let context else { return }
          Unmanaged<Job>.fromOpaque(context).takeUnretainedValue().run()
        }, Unmanaged.passUnretained(job).toOpaque())
      job.finish()
    }
  }

  private final class Job: Sendable {
    let count, grain: Int
    let next = Atomic(0)
    let body: @Sendable (Int) -> Void
    let watch = Watch.current

    init(count: Int, grain: Int, body: @escaping @Sendable (Int) -> Void) {
      self.count = count
      self.grain = grain
      self.body = body
      next.store(0, ordering: .releasing)
    }

    /// Sees what all threads wrote.
    ///
    /// The pool's own barrier already says so; the thread sanitizer cannot see into it, and this costs
    /// nothing. Hence also the orderings below.
    func finish() { _ = next.load(ordering: .acquiring) }

    /// One thread's share, as a part of the work of the thread that started the job.
    func run() {
      guard let watch else { return takeAll() }
      watch.during(takeAll)
    }

    private func takeAll() {
      while true {
        let start = next.wrappingAdd(grain, ordering: .acquiringAndReleasing).oldValue
        guard start < count else { return }
        for i in start..<min(count, start + grain) { body(i) }
      }
    }
  }
}
