import Foundation
import Tensors

/// One file of the safetensors format, mapped; only its header is read.
///
/// Eight bytes with the header's length, little-endian; the header, a JSON object from tensor names
/// to `dtype`, `shape` and `data_offsets`; then the data. As strict as the reference
/// implementation: tensors lie side by side and fill the data.
///
/// Source: the format's description at huggingface.co/docs/safetensors and
/// `SafeTensors::read_metadata` in its Rust library.
public struct SafetensorsFile: Sendable {
  /// Where it lies.
  public let path: String
  /// Bytes in the file.
  public let size: Int
  /// The tensors, in the order of their bytes.
  public let tensors: [StoredTensor]
  /// Free texts that the writer left, such as `format`.
  public let metadata: [String: String]

  /// The reference implementation's limit for the header, in bytes.
  static let headerLimit = 100_000_000

  /// Maps the file at `path` and checks its header.
  ///
  /// - Throws: what `MappedFile` throws; `safetensors` with the fault.
  /// - Complexity: O(header), whatever the file's size.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    let header = try Self.header(of: file)
    let contents = try SafetensorsHeader(header, file: path)
    self.path = path
    size = file.size
    metadata = contents.metadata
    do {
      tensors = try file.withBytes { (bytes) throws(SafetensorsFault) in
        try Self.place(
          contents.entries, in: UnsafeRawBufferPointer(rebasing: bytes[(8 + header.count)...]),
          owner: file)
      }
    } catch { throw .safetensors(file: path, fault: error) }
  }

  /// The header's bytes.
  static func header(of file: MappedFile) throws(CheckpointError) -> Data {
    guard file.size >= 8 else {
      throw .safetensors(file: file.path, fault: .tooShort(bytes: file.size))
    }
    let length = file.withBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(headerLimit) else {
      throw .safetensors(
        file: file.path, fault: .headerTooLarge(bytes: length, limit: headerLimit))
    }
    guard length <= UInt64(file.size - 8) else {
      throw .safetensors(
        file: file.path, fault: .headerOutsideFile(bytes: length, available: file.size - 8))
    }
    return file.withBytes { Data($0[8..<(8 + Int(length))]) }
  }

  /// Checks every entry against the data and lays the tensors side by side.
  private static func place(
    _ entries: [SafetensorsHeader.Entry], in data: UnsafeRawBufferPointer, owner: MappedFile
  ) throws(SafetensorsFault) -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    tensors.reserveCapacity(entries.count)
    var end = 0
    for entry in entries {
      guard entry.begin >= end else {
        throw .overlap(tensor: entry.name, other: tensors.last?.name ?? "")
      }
      guard entry.begin == end else { throw .gap(tensor: entry.name, bytes: entry.begin - end) }
      guard entry.end <= data.count else {
        throw .outsideFile(tensor: entry.name, end: entry.end, available: data.count)
      }
      tensors.append(
        StoredTensor(
          name: entry.name, shape: entry.shape, type: entry.type,
          bytes: UnsafeRawBufferPointer(rebasing: data[entry.begin..<entry.end]), owner: owner))
      end = entry.end
    }
    guard end == data.count else { throw .trailing(bytes: data.count - end) }
    return tensors
  }
}
