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

  /// Blocks that nobody uses, by size; at most `idleLimit` bytes in all.
  private struct Idle {
    var addresses: [Int: [UInt]] = [:]
    var bytes = 0
  }

  private static let idle = Mutex(Idle())
  private static let idleLimit = 64 << 20
  private static let granularity = 64 << 10
  private static let hugePage = 2 << 20

  /// A block of at least `bytes` bytes, aligned for vector units and huge pages, of any content.
  static func take(_ bytes: Int) -> UnsafeMutableRawPointer {
    let size = rounded(bytes)
    let found = idle.withLock { idle -> UInt? in
      guard let address = idle.addresses[size]?.popLast() else { return nil }
      idle.bytes -= size
      return address
    }
    if let found, let pointer = UnsafeMutableRawPointer(bitPattern: found) { return pointer }
    return map(size)
  }

  /// Gives back a block that was taken for `bytes` bytes.
  static func giveBack(_ block: UnsafeMutableRawPointer, _ bytes: Int) {
    let size = rounded(bytes)
    let isKept = idle.withLock { idle in
      guard idle.bytes + size <= idleLimit else { return false }
      idle.addresses[size, default: []].append(UInt(bitPattern: block))
      idle.bytes += size
      return true
    }
    if !isKept { munmap(block, size) }
  }

  private static func rounded(_ bytes: Int) -> Int {
    (bytes + granularity - 1) / granularity * granularity
  }

  /// Maps a block at a boundary of huge pages: more is asked for, and the ends are given back.
  private static func map(_ size: Int) -> UnsafeMutableRawPointer {
    let wanted = size + hugePage
    let region = mmap(nil, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let region, region != MAP_FAILED else {
      MemoryRefusal.end(wanted)
    }
    let start = UInt(bitPattern: region)
    let head = (UInt(hugePage) - start % UInt(hugePage)) % UInt(hugePage)
    let block = region + Int(head)
    if head > 0 { munmap(region, Int(head)) }
    let tail = wanted - Int(head) - size
    if tail > 0 { munmap(block + size, tail) }
    madvise(block, size, MADV_HUGEPAGE)
    return block
  }
}
