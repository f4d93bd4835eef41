import Foundation

/// Finds the checkpoint that a MODEL argument means.
///
/// In this order: `sample:NAME`; a folder; a weight file. The Hugging Face cache will come after
/// these.
public struct ModelLocator: Sendable {
  private let samples: Samples

  /// A locator that knows where the samples lie.
  public init(samples: Samples) {
    self.samples = samples
  }

  /// The folder or file that `argument` means, for `Checkpoint.open`.
  ///
  /// - Parameter argument: What stands on the command line; nil means the default sample.
  /// - Throws: `noSamples`, `unknownSample`; `unknownModel` when nothing fits; what `MappedFile`
  ///   throws for a dangling link.
  public func locate(_ argument: String?) throws(CheckpointError) -> String {
    guard let argument else { return try samples.named(Samples.defaultName).folder }
    let prefix = "sample:"
    if argument.hasPrefix(prefix) {
      return try samples.named(String(argument.dropFirst(prefix.count))).folder
    }
    let path = Self.expand(argument)
    if FileManager.default.fileExists(atPath: path) { return path }
    do {
      _ = try MappedFile(path: path)
    } catch {
      guard case .notFound = error else { throw error }
    }
    throw .unknownModel(argument: argument)
  }

  /// A leading `~`, which a shell leaves alone inside quotes.
  private static func expand(_ path: String) -> String {
    path.hasPrefix("~") ? (path as NSString).expandingTildeInPath : path
  }
}
