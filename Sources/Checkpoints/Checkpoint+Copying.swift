import Foundation
import Tensors

extension Checkpoint {
  /// A part of a stored matrix.
  public struct Part: Sendable, Hashable {
    /// The tensor's name.
    public let tensor: String
    /// Which rows and which columns.
    public let rows, columns: Range<Int>

    /// Some rows and columns of `tensor`.
    public init(tensor: String, rows: Range<Int>, columns: Range<Int>) {
      self.tensor = tensor
      self.rows = rows
      self.columns = columns
    }
  }

  /// Writes a copy of the checkpoint's folder in which parts of matrices are zero.
  ///
  /// Every file is copied, shards stay shards, and only the bytes of those parts differ. The copy is
  /// written beside its place and renamed: when anything fails, nothing is left behind.
  ///
  /// - Parameters:
  ///   - target: Where; nothing may lie there.
  ///   - parts: Of matrices in safetensors files.
  /// - Throws: `CheckpointError.notCopied` with the reason.
  public func copy(to target: String, zeroing parts: [Part]) throws(CheckpointError) {
    let manager = FileManager.default
    guard !manager.fileExists(atPath: target) else {
      throw .notCopied(path: target, reason: "it is there already; choose another folder")
    }
    guard files.allSatisfy({ $0.path.hasSuffix(".safetensors") }) else {
      throw .notCopied(
        path: target,
        reason: "the weights are no safetensors files; convert the checkpoint to safetensors first")
    }
    let draft = "\(target).heed-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      try write(to: draft, zeroing: parts)
      try manager.moveItem(atPath: draft, toPath: target)
    } catch {
      try? manager.removeItem(atPath: draft)
      if let error = error as? CheckpointError { throw error }
      throw .notCopied(path: target, reason: error.localizedDescription)
    }
  }

  private func write(to draft: String, zeroing parts: [Part]) throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: draft, withIntermediateDirectories: false)
    for name in try manager.contentsOfDirectory(atPath: folder).sorted() {
      let source = URL(fileURLWithPath: "\(folder)/\(name)").resolvingSymlinksInPath()
      var isFolder: ObjCBool = false
      guard manager.fileExists(atPath: source.path, isDirectory: &isFolder), !isFolder.boolValue
      else { continue }
      try manager.copyItem(atPath: source.path, toPath: "\(draft)/\(name)")
    }
    var left = Set(parts.map(\.tensor))
    for file in files {
      let copy = "\(draft)/\((file.path as NSString).lastPathComponent)"
      try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: copy)
      for entry in try SafetensorsFile.entries(of: copy) where left.contains(entry.name) {
        left.remove(entry.name)
        try Self.zero(parts.filter { $0.tensor == entry.name }, entry, in: copy)
      }
    }
    if let missing = left.min() {
      throw CheckpointError.notCopied(
        path: draft,
        reason: "\(missing) is not stored as it is used; open the checkpoint without --adapter")
    }
  }

  private static func zero(
    _ parts: [Part], _ entry: SafetensorsFile.PlacedEntry, in path: String
  ) throws {
    guard entry.shape.count == 2, let width = entry.type.byteCount(of: [1]) else {
      throw CheckpointError.notCopied(
        path: path, reason: "\(entry.name) is stored in blocks, of which heed zeroes no parts")
    }
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? handle.close() }
    for part in parts {
      for row in part.rows {
        let place = entry.offset + (row * entry.shape[1] + part.columns.lowerBound) * width
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: Data(count: part.columns.count * width))
      }
    }
    try handle.synchronize()
  }
}

extension SafetensorsFile {
  /// A tensor and where its bytes begin in the file.
  struct PlacedEntry {
    let name: String
    let type: StorageType
    let shape: [Int]
    let offset: Int
  }

  /// The tensors of a file with their places.
  static func entries(of path: String) throws(CheckpointError) -> [PlacedEntry] {
    let file = try MappedFile(path: path)
    let header = try header(of: file)
    return try SafetensorsHeader(header, file: path).entries.map {
      PlacedEntry(
        name: $0.name, type: $0.type, shape: $0.shape, offset: 8 + header.count + $0.begin)
    }
  }
}
