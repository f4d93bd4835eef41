import Glibc
import Synchronization

/// Memory that work gave back and the next work will take.
public enum IdleMemory {
  /// Keeps it only as far as there is room for it, for what lies idle is part of no plan.
  ///
  /// - Parameter bytes: What the budget holds beside the plan.
  public static func keep(atMost bytes: Int) { LargeBlocks.limitIdle(bytes) }
}

/// Large blocks of memory, straight from the system and kept for a while after use.
///
/// A run takes and gives back hundreds of megabytes in a few sizes, from several threads. `malloc` is
/// made for other loads: its arenas keep what one thread gave back from the others (a run of 1024 tokens
/// held 180 MiB more than it used), and mapping every block anew costs a fifth of the run.
enum LargeBlocks {
  /// Blocks below this are left to `malloc`, in bytes: from here on it would map each on its own.
  static let smallest = 128 << 10

  /// Memory that nobody uses: ranges in the order of their addresses, no two of which touch.
  struct Pool {
    private(set) var free: [Range<UInt>] = []
    private(set) var idleBytes = 0
    /// How much may lie idle, in bytes.
    var idleLimit = LargeBlocks.usualIdleLimit

    /// Cuts a block from the smallest range that holds it, so that large ones stay whole.
    mutating func take(_ size: Int) -> UInt? {
      let fitting = free.indices.filter { free[$0].count >= size }
      guard let best = fitting.min(by: { free[$0].count < free[$1].count }) else { return nil }
      let start = free[best].lowerBound
      if free[best].count == size {
        free.remove(at: best)
      } else {
        free[best] = start + UInt(size)..<free[best].upperBound
      }
      idleBytes -= size
      return start
    }

    /// Adds a range, joined to those it touches.
    mutating func add(_ range: Range<UInt>) {
      guard !range.isEmpty else { return }
      idleBytes += range.count
      var joined = range
      let next = free.firstIndex { $0.lowerBound >= range.upperBound } ?? free.endIndex
      var replaced = next..<next
      if next < free.endIndex, free[next].lowerBound == range.upperBound {
        joined = joined.lowerBound..<free[next].upperBound
        replaced = replaced.lowerBound..<next + 1
      }
      if next > 0, free[next - 1].upperBound == range.lowerBound {
        joined = free[next - 1].lowerBound..<joined.upperBound
        replaced = next - 1..<replaced.upperBound
      }
      free.replaceSubrange(replaced, with: CollectionOfOne(joined))
    }

    /// Gives at least `bytes` back to the system, or all there is, from the largest ranges: what is too
    /// small for a block must not add to the peak.
    mutating func drop(_ bytes: Int) {
      var left = bytes
      while left > 0, let largest = free.indices.max(by: { free[$0].count < free[$1].count }) {
        let range = free[largest]
        let dropped = min(range.count, rounded(left, hugePage))
        free[largest] = range.lowerBound..<range.upperBound - UInt(dropped)
        if free[largest].isEmpty { free.remove(at: largest) }
        unmap(range.upperBound - UInt(dropped)..<range.upperBound)
        idleBytes -= dropped
        left -= dropped
      }
    }
  }

  private static let pool = Mutex(Pool())
  /// What a run of 1024 tokens on GPT-2 small gives back: the next run then needs no cleared memory.
  static let usualIdleLimit = 256 << 20
  private static let granularity = 64 << 10
  private static let hugePage = 2 << 20
  private static let chunk = 16 << 20

  /// A block of at least `bytes` bytes, aligned to `granularity`, of any content.
  ///
  /// Blocks lie end to end, so that the system clears whole huge pages at first use: with each block
  /// on its own, its last part came in small pages, and their faults took 4 % of a run. And what one size
  /// gave back serves another: with a list for each size, they drove each other out in every run.
  static func take(_ bytes: Int) -> UnsafeMutableRawPointer {
    let size = rounded(bytes, granularity)
    let address = pool.withLock { pool -> UInt? in
      if let start = pool.take(size) { return start }
      pool.drop(size)
      var fresh = map(rounded(max(size, chunk), hugePage))
      if fresh == nil {
        // What lies idle in pieces may be what is missing.
        pool.drop(pool.idleBytes)
        fresh = map(rounded(size, hugePage))
      }
      guard let fresh else { return nil }
      pool.add(fresh)
      return pool.take(size)
    }
    guard let address, let block = UnsafeMutableRawPointer(bitPattern: address) else {
      MemoryRefusal.end(size)
    }
    return block
  }

  /// Gives back a block that was taken for `bytes` bytes.
  static func giveBack(_ block: UnsafeMutableRawPointer, _ bytes: Int) {
    let (start, size) = (UInt(bitPattern: block), rounded(bytes, granularity))
    pool.withLock { pool in
      pool.add(start..<start + UInt(size))
      pool.drop(pool.idleBytes - pool.idleLimit)
    }
  }

  /// Leaves at most so many bytes idle from now on, 32 MiB at least: with less, every block is mapped anew.
  static func limitIdle(_ bytes: Int) {
    pool.withLock { pool in
      pool.idleLimit = min(usualIdleLimit, max(2 * chunk, bytes))
      pool.drop(pool.idleBytes - pool.idleLimit)
    }
  }

  /// What nobody uses.
  static var idleBytes: Int { pool.withLock { $0.idleBytes } }

  private static func rounded(_ bytes: Int, _ step: Int) -> Int { (bytes + step - 1) / step * step }

  /// Maps memory from a boundary of huge pages on: more is asked for, and the ends are given back.
  private static func map(_ size: Int) -> Range<UInt>? {
    let wanted = size + hugePage
    let region = mmap(nil, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let region, region != MAP_FAILED else { return nil }
    let start = UInt(bitPattern: region)
    let first = (start + UInt(hugePage) - 1) / UInt(hugePage) * UInt(hugePage)
    let mapped = first..<first + UInt(size)
    unmap(start..<first)
    unmap(mapped.upperBound..<start + UInt(wanted))
    madvise(UnsafeMutableRawPointer(bitPattern: first), size, MADV_HUGEPAGE)
    return mapped
  }

  private static func unmap(_ range: Range<UInt>) {
    guard !range.isEmpty else { return }
    munmap(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count)
  }
}
