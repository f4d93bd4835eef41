import CKernels
import Glibc
import Synchronization

/// A file that holds what a run keeps, where memory does not: without a name, so that it is gone with the
/// process, and mapped, so that the system reads what somebody looks at and takes that memory back when it
/// needs it.
public final class KeptFile: Sendable {
  /// Where it lies.
  public let folder: String
  private let descriptor: Int32
  private let end = Mutex(0)

  /// A new file in a folder.
  ///
  /// - Throws: `KeptFileError.unusable` with the system's reason.
  public init(in folder: String) throws(KeptFileError) {
    self.folder = folder
    let found = heed_unnamed_file(folder)
    guard found >= 0 else { throw .unusable(folder: folder, reason: Self.reason) }
    descriptor = found
  }

  deinit { close(descriptor) }

  /// Bytes that are free for such files in a folder; nil where none can be made, or where it lies in memory
  /// itself.
  public static func space(in folder: String) -> Int? {
    let free = heed_disk_space(folder)
    return free < 0 ? nil : free
  }

  /// Writes a tensor.
  ///
  /// - Returns: The same numbers where they lie in the file, which lives as long as they do.
  /// - Throws: `KeptFileError.full` when the disk is; `.unusable` when it cannot be written or mapped.
  public func keep<Element>(_ tensor: Tensor<Element>) throws(KeptFileError) -> Tensor<Element> {
    let bytes = tensor.count * MemoryLayout<Element>.stride
    guard bytes > 0 else { return tensor }
    // Mappings begin at pages.
    let pages = (bytes + Self.page - 1) / Self.page * Self.page
    let start = end.withLock { end in
      defer { end += pages }
      return end
    }
    try write(UnsafeRawPointer(tensor.storage.base), bytes, at: start)
    withExtendedLifetime(tensor.storage) {}
    guard let memory = mmap(nil, bytes, PROT_READ, MAP_SHARED, descriptor, start),
      memory != MAP_FAILED
    else { throw .unusable(folder: folder, reason: Self.reason) }
    let part = Part(of: self, UnsafeRawBufferPointer(start: memory, count: bytes), at: start)
    return Tensor(
      storage: Storage(
        borrowing: memory.bindMemory(to: Element.self, capacity: tensor.count),
        count: tensor.count, owner: part), shape: tensor.shape)
  }

  /// Written, not stored through a mapping: a full disk is an error then, and no signal.
  private func write(
    _ source: UnsafeRawPointer, _ count: Int, at start: Int
  ) throws(KeptFileError) {
    var done = 0
    while done < count {
      let written = pwrite(descriptor, source + done, count - done, start + done)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(errno)
        throw isFull
          ? .full(folder: folder, written: start + done)
          : .unusable(folder: folder, reason: Self.reason)
      }
      done += written
    }
  }

  /// Gives a part back to the disk.
  fileprivate func release(_ part: UnsafeRawBufferPointer, at start: Int) {
    if let memory = part.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: memory), part.count)
    }
    heed_punch_hole(descriptor, start, part.count)
  }

  private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))
  private static var reason: String { String(cString: strerror(errno)) }
}

/// A tensor's numbers in a file.
///
/// Unchecked: never written to, and mapped as long as the object lives.
private final class Part: ByteOwner, @unchecked Sendable {
  private let file: KeptFile
  private let bytes: UnsafeRawBufferPointer
  private let start: Int

  init(of file: KeptFile, _ bytes: UnsafeRawBufferPointer, at start: Int) {
    (self.file, self.bytes, self.start) = (file, bytes, start)
  }

  deinit { file.release(bytes, at: start) }
}

/// What can be wrong with a file for what a run keeps.
public enum KeptFileError: Error, Hashable, CustomStringConvertible {
  /// It cannot be made, written or mapped.
  case unusable(folder: String, reason: String)
  /// The disk is full.
  case full(folder: String, written: Int)

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .unusable(let folder, let reason):
      "\(folder): what the run keeps cannot be written there: \(reason); set TMPDIR to another folder, or"
        + " raise --memory"
    case .full(let folder, let written):
      "\(folder): the disk is full after \(written >> 20) MiB of what the run keeps; make room there, set"
        + " TMPDIR to another folder, or raise --memory"
    }
  }
}

extension Kept {
  /// The same numbers in a file.
  public func moved(to file: KeptFile) throws(KeptFileError) -> Kept {
    switch self {
    case .whole(let tensor): .whole(try file.keep(tensor))
    case .rounded(let tensor): .rounded(try file.keep(tensor))
    }
  }
}
