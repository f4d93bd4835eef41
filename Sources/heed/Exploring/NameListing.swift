import Checkpoints
import Explorer
import Foundation

/// What a name that is being typed could be, for completion.
enum NameListing {
  /// Names that begin so.
  ///
  /// Folders end with a slash, so that completion can go on inside; hidden ones are offered when the dot is
  /// typed.
  static func names(_ listing: Listing, _ beginning: String) -> [String] {
    switch listing {
    case .models: models(beginning)
    case .files(let endings):
      files(beginning) { name in
        endings.isEmpty || endings.contains((name as NSString).pathExtension.lowercased())
      }
    }
  }

  /// Samples, downloaded models, folders and model files.
  private static func models(_ beginning: String) -> [String] {
    let known = Opening.samples.all.map { "sample:\($0.name)" } + cached
    return known.filter { $0.hasPrefix(beginning) }
      + files(beginning, where: Checkpoint.isWeightFile)
  }

  private static var cached: [String] {
    HuggingFaceCache(environment: ProcessInfo.processInfo.environment).models
      .filter { $0.missing == nil }
      .map { $0.revision == "main" ? $0.id : "\($0.id)@\($0.revision)" }
  }

  private static func files(
    _ beginning: String, where isWanted: (String) -> Bool
  ) -> [String] {
    let slash = beginning.lastIndex(of: "/")
    let parent = slash.map { String(beginning[...$0]) } ?? ""
    let start = beginning.dropFirst(parent.count)
    let folder = parent.isEmpty ? "." : (parent as NSString).expandingTildeInPath
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().compactMap { name in
      guard name.hasPrefix(start), !name.hasPrefix(".") || start.hasPrefix(".") else { return nil }
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
      if isFolder.boolValue { return parent + name + "/" }
      return isWanted(name) ? parent + name : nil
    }
  }
}
