import Foundation
import Tensors

/// A `.npy` file, or a `.npz` archive of them, packed or not.
public struct NumPyFile: Sendable {
  /// Where it lies.
  public let path: String
  /// The arrays, by name.
  public let arrays: [NumPyArray]

  /// Maps the file at `path`; only arrays that are packed are read.
  ///
  /// - Throws: what `MappedFile` throws; `numpy` with the fault.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    self.path = path
    do {
      arrays = try file.withBytes { (bytes) throws(NumPyFault) in
        if NumPyArray.isArray(bytes) {
          let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
          return [try NumPyArray(name: name, bytes: bytes, owner: file)]
        }
        guard ZipDirectory.isZip(bytes) else { throw .notNumPy }
        return try Self.archive(bytes, owner: file)
      }
    } catch { throw .numpy(file: path, fault: error) }
  }

  /// Whether a file name is one of NumPy's.
  public static func isNumPy(_ path: String) -> Bool {
    path.hasSuffix(".npy") || path.hasSuffix(".npz")
  }

  /// The array of that name; nil when there is none.
  public subscript(name: String) -> NumPyArray? { arrays.first { $0.name == name } }

  private static func archive(
    _ bytes: UnsafeRawBufferPointer, owner: MappedFile
  ) throws(NumPyFault) -> [NumPyArray] {
    do {
      let directory = try ZipDirectory(bytes)
      return try directory.entries.keys.sorted().map { entry in
        let name = entry.hasSuffix(".npy") ? String(entry.dropLast(4)) : entry
        switch try directory.contents(of: entry, in: bytes) {
        case .stored(let range):
          return try NumPyArray(
            name: name, bytes: UnsafeRawBufferPointer(rebasing: bytes[range]), owner: owner)
        case .unpacked(let unpacked):
          let memory = UnpackedBytes(unpacked)
          return try NumPyArray(name: name, bytes: memory.bytes, owner: memory)
        }
      }
    } catch let fault as ZipFault {
      throw .archive(found: fault.found)
    } catch let fault as NumPyFault {
      throw fault
    } catch {
      throw .archive(found: "\(error)")
    }
  }
}

extension ZipFault {
  /// What was found.
  fileprivate var found: String {
    switch self {
    case .broken(let found): found
    case .compressed(let entry): "entry \(entry) packed by another method than deflate"
    case .duplicateEntry(let entry): "entry \(entry) twice"
    case .missingEntry(let entry): "no entry \(entry)"
    }
  }
}

/// Bytes that were unpacked, at a place that does not move.
///
/// Unchecked: never written after they were made.
private final class UnpackedBytes: ByteOwner, @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  init(_ array: [UInt8]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, array.count), alignment: 64)
    memory.copyBytes(from: array)
    bytes = UnsafeRawBufferPointer(rebasing: memory[..<array.count])
  }

  deinit {
    UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.deallocate()
  }
}
