import Foundation

/// Models that Hugging Face's tools downloaded.
///
/// A model lies in `models--ORG--NAME`: `refs/REVISION` names a commit, `snapshots/COMMIT` holds the
/// files, as links to `blobs`. A download that is under way writes `blobs/….incomplete`.
///
/// Source: huggingface_hub 1.0, "Understand caching" and `constants.py`.
public struct HuggingFaceCache: Sendable {
  /// A model in the cache.
  public struct Model: Sendable, Hashable {
    /// `ORG/NAME`, or `NAME` for one without an organisation.
    public let id: String
    /// The revision that refers to it, such as `main`.
    public let revision: String
    /// The snapshot's folder, for `Checkpoint.open`.
    public let folder: String
    /// What is missing, in words; nil for a complete download.
    public let missing: String?
  }

  /// Where models lie, in folders of their own.
  public let folder: String

  /// The cache that the environment means.
  ///
  /// `HF_HUB_CACHE`; else `hub` in `HF_HOME`; else `huggingface/hub` in `XDG_CACHE_HOME`; else
  /// `~/.cache/huggingface/hub`.
  public init(environment: [String: String]) {
    let set = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let expand = { (path: String) in (path as NSString).expandingTildeInPath }
    if let folder = set("HF_HUB_CACHE") {
      self.folder = expand(folder)
    } else if let home = set("HF_HOME") {
      folder = expand(home) + "/hub"
    } else if let caches = set("XDG_CACHE_HOME") {
      folder = expand(caches) + "/huggingface/hub"
    } else {
      folder = (set("HOME") ?? NSHomeDirectory()) + "/.cache/huggingface/hub"
    }
  }

  /// All models, alphabetical, each once per revision.
  public var models: [Model] {
    Self.list(folder).flatMap { entry -> [Model] in
      guard entry.hasPrefix("models--") else { return [] }
      let id = entry.dropFirst("models--".count).replacingOccurrences(of: "--", with: "/")
      let home = folder + "/" + entry
      return revisions(in: home).compactMap { revision in
        guard let commit = commit(of: revision, in: home) else { return nil }
        let snapshot = "\(home)/snapshots/\(commit)"
        return Model(
          id: id, revision: revision, folder: snapshot, missing: Self.missing(snapshot, home))
      }
    }
  }

  /// The folder that `ORG/NAME` or `ORG/NAME@REVISION` means; nil when no such model is there.
  ///
  /// - Throws: `unknownRevision`; `incompleteDownload`, naming what is missing.
  public func locate(_ argument: String) throws(CheckpointError) -> String? {
    let parts = argument.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
    guard names.count <= 2, names.allSatisfy(Self.isName) else { return nil }
    let home = "\(folder)/models--\(names.joined(separator: "--"))"
    guard FileManager.default.fileExists(atPath: home) else { return nil }
    let revision = parts.count > 1 ? String(parts[1]) : "main"
    guard revision.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(Self.isName),
      let commit = commit(of: revision, in: home)
    else {
      if parts.count == 1 {
        throw .incompleteDownload(folder: home, found: "no revision main")
      }
      throw .unknownRevision(
        model: String(parts[0]), revision: revision, known: revisions(in: home))
    }
    let snapshot = "\(home)/snapshots/\(commit)"
    if let missing = Self.missing(snapshot, home) {
      throw .incompleteDownload(folder: snapshot, found: missing)
    }
    return snapshot
  }

  /// Whether a part of a path is a plain name, so that nothing outside of the cache is reached.
  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && !text.hasPrefix(".")
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  private static func list(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// The commit that a revision means: a reference, or the commit itself or its beginning.
  private func commit(of revision: String, in home: String) -> String? {
    if let text = try? String(contentsOfFile: "\(home)/refs/\(revision)", encoding: .utf8) {
      let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
      return Self.isName(commit[...]) ? commit : nil
    }
    let matches = Self.list(home + "/snapshots").filter {
      $0 == revision || (revision.count >= 7 && $0.hasPrefix(revision))
    }
    return matches.count == 1 ? matches[0] : nil
  }

  /// Names of references, those of pull requests (`pr/1`) included.
  private func revisions(in home: String) -> [String] {
    let refs = home + "/refs"
    return Self.list(refs).flatMap { name -> [String] in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(refs)/\(name)", isDirectory: &isFolder)
      return isFolder.boolValue ? Self.list("\(refs)/\(name)").map { "\(name)/\($0)" } : [name]
    }
  }

  /// What a snapshot lacks, in words; nil when it is complete as far as can be told.
  private static func missing(_ snapshot: String, _ home: String) -> String? {
    let files = list(snapshot)
    let exists = { (name: String) in
      FileManager.default.fileExists(atPath: "\(snapshot)/\(name)")
    }
    let unfinished = list(home + "/blobs").count { $0.hasSuffix(".incomplete") }
    let remark = unfinished > 0 ? " and \(unfinished) unfinished downloads" : ""
    guard !files.isEmpty else { return "no files\(remark)" }
    // A link whose blob is gone, or was never finished.
    if let dangling = files.first(where: { !exists($0) }) {
      return "\(dangling) without its contents\(remark)"
    }
    for index in files where index.hasSuffix(".index.json") {
      guard let shards = try? ShardIndex(path: "\(snapshot)/\(index)") else { continue }
      if let shard = shards.files.first(where: { !exists($0) }) {
        // Another container may be complete.
        let others = files.contains { $0 == "model.safetensors" || $0 == "pytorch_model.bin" }
        let alternatives = files.count { $0.hasSuffix(".index.json") } > 1
        if !others && !alternatives { return "no \(shard)\(remark)" }
      }
    }
    let weights = files.contains { WeightFiles.Container(file: $0) != nil }
    let index = files.contains { $0.hasSuffix(".index.json") }
    return weights || index || unfinished == 0 ? nil : "no weights\(remark)"
  }
}
