import Glibc
import Synchronization

/// Large blocks of memory, straight from the system and kept for a while after use.
///
/// A run takes and gives back hundreds of megabytes in a few sizes, from several threads. `malloc` is
/// made for other loads: its arenas keep what one thread gave back from the others (a run of 1024 tokens
/// held 180 MiB more than it used), and mapping every block anew costs a fifth of the run.
enum LargeBlocks {
  /// Blocks below this are left to `malloc`, in bytes.
  static let smallest = 1 << 20

  /// Blocks that nobody uses, by size, at most `idleLimit` bytes in all, and what is left to cut from.
  private struct Pool {
    var addresses: [Int: [UInt]] = [:]
    var idleBytes = 0
    var uncut: Range<UInt> = 0..<0

    /// Gives blocks that nobody uses back to the system, the largest first, until `bytes` have gone:
    /// blocks of one size must not add to the peak of another.
    mutating func drop(_ bytes: Int) {
      var dropped = 0
      for size in addresses.keys.sorted(by: >) {
        while dropped < bytes, let address = addresses[size]?.popLast() {
          unmap(address..<address + UInt(size))
          dropped += size
        }
      }
      idleBytes -= dropped
    }
  }

  private static let pool = Mutex(Pool())
  /// What a run of 1024 tokens on GPT-2 small gives back: the next run then needs no cleared memory.
  private static let idleLimit = 256 << 20
  private static let granularity = 64 << 10
  private static let hugePage = 2 << 20
  private static let chunk = 16 << 20

  /// A block of at least `bytes` bytes, aligned to `granularity`, of any content.
  static func take(_ bytes: Int) -> UnsafeMutableRawPointer {
    let size = rounded(bytes, granularity)
    let address = pool.withLock { pool in
      if let idle = pool.addresses[size]?.popLast() {
        pool.idleBytes -= size
        return idle
      }
      pool.drop(size)
      return cut(size, from: &pool.uncut)
    }
    guard let block = UnsafeMutableRawPointer(bitPattern: address) else {
      MemoryRefusal.end(size)
    }
    return block
  }

  /// Gives back a block that was taken for `bytes` bytes.
  static func giveBack(_ block: UnsafeMutableRawPointer, _ bytes: Int) {
    let size = rounded(bytes, granularity)
    let isKept = pool.withLock { pool in
      guard pool.idleBytes + size <= idleLimit else { return false }
      pool.addresses[size, default: []].append(UInt(bitPattern: block))
      pool.idleBytes += size
      return true
    }
    if !isKept { munmap(block, size) }
  }

  private static func rounded(_ bytes: Int, _ step: Int) -> Int { (bytes + step - 1) / step * step }

  /// Cuts a block from what is left of a mapping, or from a new one.
  ///
  /// Blocks lie end to end, so that the system clears whole huge pages at first use: with each block
  /// on its own, its last part came in small pages, and their faults took 4 % of a run.
  ///
  /// - Returns: The block's address; 0 where the system refuses.
  private static func cut(_ size: Int, from uncut: inout Range<UInt>) -> UInt {
    if uncut.count < size {
      guard let fresh = map(rounded(max(size, chunk), hugePage)) else { return 0 }
      let rest = fresh.lowerBound + UInt(size)..<fresh.upperBound
      let (kept, dropped) = rest.count > uncut.count ? (rest, uncut) : (uncut, rest)
      unmap(dropped)
      uncut = kept
      return fresh.lowerBound
    }
    let start = uncut.lowerBound
    uncut = start + UInt(size)..<uncut.upperBound
    return start
  }

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
