import Foundation

/// A checkpoint that heed brings along.
public struct Sample: Sendable, Hashable {
  /// Its name after `sample:`.
  public let name: String
  /// Where it lies.
  public let folder: String
  /// One line about it.
  public let summary: String
}

/// The samples, and where they lie.
///
/// In this order: the folder in `HEED_SAMPLES`; `share/heed/samples` of the prefix that the program
/// is installed in; a folder `samples` beside the program; a folder `samples` above it, which is
/// where a build in the source tree finds them.
public struct Samples: Sendable {
  /// The sample that is opened when nothing is asked for.
  public static let defaultName = "novels"

  /// Names and descriptions, alphabetical.
  private static let summaries: KeyValuePairs = [
    "digits": "a ViT of 4 layers and 4 heads on 8x8 pixels: handwritten digits",
    "novels":
      "a Llama of 6 layers and 8 heads: sixteen novels, and texts that grow known head types",
    "sort": "a T5 of 3+3 layers and 4 heads: sorts numbers by pointing at them",
  ]

  /// The samples found, alphabetical; empty where there are none.
  public let all: [Sample]
  /// The folders that were looked at, in order.
  public let searched: [String]

  /// Looks for the samples.
  ///
  /// - Parameters:
  ///   - environment: For `HEED_SAMPLES`.
  ///   - executable: The program's path; links in it are followed.
  public init(environment: [String: String], executable: String) {
    var candidates: [String] = []
    if let folder = environment["HEED_SAMPLES"], !folder.isEmpty {
      candidates = [folder]
    } else {
      let program = URL(fileURLWithPath: executable).resolvingSymlinksInPath()
      var folder = program.deletingLastPathComponent()
      candidates.append(folder.deletingLastPathComponent().path + "/share/heed/samples")
      while true {
        candidates.append(folder.appendingPathComponent("samples").path)
        guard folder.path != "/" else { break }
        folder.deleteLastPathComponent()
      }
    }
    let root = candidates.firstIndex { Self.isCheckpoint($0 + "/" + Self.defaultName) }
    searched = Array(candidates.prefix(root.map { $0 + 1 } ?? candidates.count))
    all = root.map { Self.list(in: candidates[$0]) } ?? []
  }

  /// The sample of that name.
  ///
  /// - Throws: `noSamples` where none were found; `unknownSample` with the names that there are.
  public func named(_ name: String) throws(CheckpointError) -> Sample {
    guard !all.isEmpty else { throw .noSamples(searched: searched) }
    guard let sample = all.first(where: { $0.name == name }) else {
      throw .unknownSample(name: name, known: all.map(\.name))
    }
    return sample
  }

  private static func list(in root: String) -> [Sample] {
    summaries.compactMap { name, summary in
      let folder = root + "/" + name
      return isCheckpoint(folder) ? Sample(name: name, folder: folder, summary: summary) : nil
    }
  }

  private static func isCheckpoint(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/config.json")
  }
}
