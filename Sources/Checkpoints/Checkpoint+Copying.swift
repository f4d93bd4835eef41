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
    try copy(to: target) { draft in
      var left = Set(parts.map(\.tensor))
      for file in files {
        let copy = "\(draft)/\(file.name)"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: copy)
        for entry in try SafetensorsFile.entries(of: copy) where left.contains(entry.name) {
          left.remove(entry.name)
          try Self.zero(parts.filter { $0.tensor == entry.name }, entry, in: copy)
        }
      }
      try Self.expectNone(left, draft)
    }
  }

  /// Writes a copy of the checkpoint's folder in which places of matrices are missing, and the configuration
  /// says so.
  ///
  /// Every file is copied, shards stay shards; those with such a matrix are written anew.
  ///
  /// - Parameters:
  ///   - target: Where; nothing may lie there.
  ///   - cuts: Of tensors in safetensors files.
  ///   - heads: What `pruned_heads` of `config.json` becomes, `{"layer": [heads]}`.
  /// - Throws: `CheckpointError.notCopied` with the reason.
  public func copy(
    to target: String, removing cuts: [Cut], prunedHeads heads: String
  ) throws(CheckpointError) {
    try copy(to: target) { draft in
      var left = Set(cuts.map(\.tensor))
      var removed = 0
      for file in files {
        let names = Set(try SafetensorsFile.entries(of: file.path).map(\.name))
        let own = cuts.filter { names.contains($0.tensor) }
        guard !own.isEmpty else { continue }
        left.subtract(names)
        let place = "\(draft)/\(file.name)"
        try FileManager.default.removeItem(atPath: place)
        removed += try SafetensorsFile.copy(file.path, to: place, removing: own)
      }
      try Self.expectNone(left, draft)
      try Self.rewrite("\(draft)/config.json") { Self.settingPrunedHeads(heads, in: $0) }
      let index = "\(draft)/model.safetensors.index.json"
      if FileManager.default.fileExists(atPath: index) {
        try Self.rewrite(index) { Self.reducingTotal(by: removed, in: $0) }
      }
    }
  }

  /// The text of a configuration with other `pruned_heads`; everything else stays as it is written.
  static func settingPrunedHeads(_ heads: String, in text: String) -> String {
    let entry = "\"pruned_heads\": \(heads)"
    if let found = text.firstRange(of: /"pruned_heads"\s*:\s*(null|\{[^{}]*\})/) {
      return text.replacingCharacters(in: found, with: entry)
    }
    guard let start = text.firstIndex(of: "{") else { return text }
    let rest = text[text.index(after: start)...]
    return text[...start] + "\n  \(entry)," + rest
  }

  /// The text of an index whose `total_size` is smaller.
  static func reducingTotal(by bytes: Int, in text: String) -> String {
    guard let found = text.firstMatch(of: /("total_size"\s*:\s*)(\d+)/),
      let size = Int(found.output.2)
    else { return text }
    return text.replacingCharacters(in: found.range, with: "\(found.output.1)\(size - bytes)")
  }

  private static func rewrite(_ path: String, _ change: (String) -> String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try FileManager.default.removeItem(atPath: path)
    try change(text).write(toFile: path, atomically: false, encoding: .utf8)
  }

  private static func expectNone(_ left: Set<String>, _ draft: String) throws {
    guard let missing = left.min() else { return }
    throw CheckpointError.notCopied(
      path: draft,
      reason: "\(missing) is not stored as it is used; open the checkpoint without --adapter")
  }

  /// Copies every file of the folder beside its place, lets `edit` change the copy, and renames it.
  private func copy(
    to target: String, _ edit: (_ draft: String) throws -> Void
  ) throws(CheckpointError) {
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
      try copyFiles(to: draft)
      try edit(draft)
      try manager.moveItem(atPath: draft, toPath: target)
    } catch {
      try? manager.removeItem(atPath: draft)
      if let error = error as? CheckpointError { throw error }
      throw .notCopied(path: target, reason: error.localizedDescription)
    }
  }

  private func copyFiles(to draft: String) throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: draft, withIntermediateDirectories: false)
    for name in try manager.contentsOfDirectory(atPath: folder).sorted() {
      let source = URL(fileURLWithPath: "\(folder)/\(name)").resolvingSymlinksInPath()
      var isFolder: ObjCBool = false
      guard manager.fileExists(atPath: source.path, isDirectory: &isFolder), !isFolder.boolValue
      else { continue }
      try manager.copyItem(atPath: source.path, toPath: "\(draft)/\(name)")
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

extension Checkpoint.File {
  /// Its name in the folder.
  fileprivate var name: String { (path as NSString).lastPathComponent }
}
