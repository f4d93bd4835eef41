import Foundation

/// Finds the checkpoint that a MODEL argument means.
///
/// In this order: `sample:NAME`; a folder; a weight file; a model of the Hugging Face cache.
public struct ModelLocator: Sendable {
  private let samples: Samples
  private let cache: HuggingFaceCache

  /// A locator that knows where the samples and downloaded models lie.
  public init(
    samples: Samples,
    cache: HuggingFaceCache = HuggingFaceCache(environment: ProcessInfo.processInfo.environment)
  ) {
    self.samples = samples
    self.cache = cache
  }

  /// The folder or file that `argument` means, for `Checkpoint.open`.
  ///
  /// - Parameter argument: What stands on the command line; nil means the default sample.
  /// - Throws: `noSamples`, `unknownSample`; `unknownModel` when nothing fits; what `MappedFile`
  ///   throws for a dangling link; what `HuggingFaceCache.locate` throws.
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
    if let folder = try cache.locate(argument) { return folder }
    throw .unknownModel(argument: argument)
  }

  /// A leading `~`, which a shell leaves alone inside quotes.
  private static func expand(_ path: String) -> String {
    path.hasPrefix("~") ? (path as NSString).expandingTildeInPath : path
  }
}
