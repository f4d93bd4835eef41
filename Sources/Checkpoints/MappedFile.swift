import Foundation
import Tensors

/// A file's bytes, mapped read-only: nothing is read until it is looked at.
///
/// Unchecked: the mapping is never written to and lives as long as the object.
public final class MappedFile: ByteOwner, @unchecked Sendable {
  /// The path it was opened by; links are followed but not spelled out.
  public let path: String
  /// All of the file; empty for an empty file.
  ///
  /// A pointer, because a checkpoint of many gigabytes must not be copied. Whoever keeps it keeps
  /// the object too: Swift may let go of an object after its last mention, while the pointer is
  /// still in use. `withBytes` is safe from that.
  let bytes: UnsafeRawBufferPointer

  /// Bytes in the file.
  public var size: Int { bytes.count }

  /// Maps the file at `path`.
  ///
  /// - Throws: `notFound`, `isFolder`, `unreadable` with the system's reason,
  ///   `tooLargeToMap`.
  /// - Complexity: O(1), whatever the size.
  public init(path: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(path: path, code: errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .isFolder(path: path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "not a regular file")
    }
    self.path = path
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else {
      guard errno != ENOMEM else { throw .tooLargeToMap(path: path, bytes: size) }
      throw Self.failure(path: path, code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  /// Calls `body` with all of the file, which stays mapped meanwhile.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  deinit {
    guard let start = bytes.baseAddress else { return }
    munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
  }

  /// The error for a failed system call.
  private static func failure(path: String, code: Int32) -> CheckpointError {
    guard code == ENOENT || code == ENOTDIR else {
      return .unreadable(path: path, reason: String(cString: strerror(code)))
    }
    // A link whose target is gone is the usual damage of a half-deleted download cache.
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
      return .notFound(path: path)
    }
    return .unreadable(path: path, reason: "a link to \(target), which does not exist")
  }
}
