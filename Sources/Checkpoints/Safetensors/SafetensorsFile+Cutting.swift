import Foundation
import Tensors

extension Checkpoint {
  /// Places to leave out along one dimension of a stored tensor.
  public struct Cut: Sendable, Hashable {
    /// The tensor's name.
    public let tensor: String
    /// Which dimension, from 0, the outermost.
    public let dimension: Int
    /// Which places of it, ascending.
    public let places: [Int]

    /// Leaves `places` out.
    public init(tensor: String, dimension: Int, places: [Int]) {
      self.tensor = tensor
      self.dimension = dimension
      self.places = places
    }
  }
}

extension SafetensorsFile {
  /// Writes a file again without some places of its tensors: names, types, metadata and order stay.
  ///
  /// - Parameters:
  ///   - target: Is overwritten.
  ///   - cuts: At most one for each dimension of a tensor.
  /// - Returns: How many bytes of tensors were left out.
  static func copy(
    _ source: String, to target: String, removing cuts: [Checkpoint.Cut]
  ) throws -> Int {
    let file = try MappedFile(path: source)
    let read = try header(of: file)
    let contents = try SafetensorsHeader(read, file: source)
    var written = WrittenHeader(metadata: contents.metadata)
    var left = 0
    for entry in contents.entries {
      let own = cuts.filter { $0.tensor == entry.name }
      var shape = entry.shape
      for cut in own { shape[cut.dimension] -= cut.places.count }
      guard own.isEmpty || entry.type.blockCount == 1, let bytes = entry.type.byteCount(of: shape)
      else {
        throw CheckpointError.notCopied(
          path: target,
          reason: "\(entry.name) is stored in blocks, of which heed leaves no parts out")
      }
      let count = own.isEmpty ? entry.end - entry.begin : bytes
      written.add(entry.name, type: entry.type.rawValue, shape: shape, bytes: count)
      left += entry.end - entry.begin - count
    }
    guard FileManager.default.createFile(atPath: target, contents: nil) else {
      throw CheckpointError.notCopied(path: target, reason: "the file cannot be made")
    }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: target))
    defer { try? handle.close() }
    try handle.write(contentsOf: try written.data())
    for entry in contents.entries {
      let start = 8 + read.count
      let bytes = file.withBytes { Data($0[start + entry.begin..<start + entry.end]) }
      let own = cuts.filter { $0.tensor == entry.name }
      try handle.write(contentsOf: cut(bytes, entry, own))
    }
    try handle.synchronize()
    return left
  }

  /// A tensor's bytes without some of its places.
  private static func cut(
    _ bytes: Data, _ entry: SafetensorsHeader.Entry, _ cuts: [Checkpoint.Cut]
  ) -> Data {
    var (bytes, shape) = (bytes, entry.shape)
    for cut in cuts {
      let gone = Set(cut.places)
      let kept = (0..<shape[cut.dimension]).filter { !gone.contains($0) }
      let inner = shape.dropFirst(cut.dimension + 1).reduce(1, *) * entry.type.byteCount
      let outer = shape.prefix(cut.dimension).reduce(1, *)
      var result = Data(capacity: outer * kept.count * inner)
      for block in 0..<outer {
        for place in kept {
          let start = bytes.startIndex + (block * shape[cut.dimension] + place) * inner
          result.append(bytes[start..<start + inner])
        }
      }
      bytes = result
      shape[cut.dimension] = kept.count
    }
    return bytes
  }
}

/// A header to be written: an object from names to entries, padded with spaces to eight bytes.
private struct WrittenHeader: Encodable {
  private let metadata: [String: String]
  private var entries: [(name: String, entry: RawEntry)] = []
  private var end = 0

  init(metadata: [String: String]) { self.metadata = metadata }

  mutating func add(_ name: String, type: String, shape: [Int], bytes: Int) {
    entries.append((name, RawEntry(dtype: type, shape: shape, dataOffsets: [end, end + bytes])))
    end += bytes
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: JSON.Name.self)
    if !metadata.isEmpty {
      try container.encode(metadata, forKey: JSON.Name(stringValue: "__metadata__"))
    }
    for (name, entry) in entries {
      try container.encode(entry, forKey: JSON.Name(stringValue: name))
    }
  }

  /// The length, little-endian, and the object.
  func data() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var text = try encoder.encode(self)
    text.append(Data(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text
  }
}
