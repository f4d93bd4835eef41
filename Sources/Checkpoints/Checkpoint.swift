import Foundation
import Tensors

/// A model as it lies on disk: its configuration, and its tensors by name.
///
/// Only headers are read: opening costs the same for ten megabytes and for ten gigabytes.
public struct Checkpoint: Sendable {
  /// A weight file and its size in bytes.
  public struct File: Sendable, Hashable {
    /// Where it lies.
    public let path: String
    /// Its size.
    public let bytes: Int
  }

  /// The folder that holds it, absolute.
  public let folder: String
  /// The folder's last component.
  public let name: String
  /// `config.json`, or what it would be for a GGUF file; always an object.
  public let config: JSON
  /// Where the configuration was read from.
  public let configFile: String
  /// The tensors by name.
  public let tensors: [String: StoredTensor]
  /// The weight files, in the order of their names.
  public let files: [File]
  /// Names of tensors that the index does not list though its files hold them, sorted.
  public let unlisted: [String]

  /// The tensors' names, sorted.
  public var names: [String] { tensors.keys.sorted() }

  /// Numbers in all tensors together.
  public var parameterCount: Int { tensors.values.reduce(0) { $0 + $1.count } }

  /// Whether a file's name is one that weights have.
  public static func isWeightFile(_ name: String) -> Bool {
    WeightFiles.Container(file: name) != nil
  }

  /// Opens the checkpoint at `path`: a folder with `config.json`, a weight file with `config.json`
  /// beside it, or a GGUF file, whose metadata becomes the configuration.
  ///
  /// In a folder, `model.safetensors` comes first, then `model.safetensors.index.json` with its
  /// shards, then the only `.safetensors` file there is; then the same of PyTorch's files; then the
  /// only GGUF model.
  ///
  /// - Throws: a `CheckpointError` that names the file at fault.
  public static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      // Not just "not found": a dangling link is told apart.
      _ = try MappedFile(path: path)
      throw .notFound(path: path)
    }
    guard isFolder.boolValue else {
      if WeightFiles.Container(file: path) == .gguf { return try Checkpoint(gguf: path) }
      let weights = try WeightFiles(file: path)
      return try Checkpoint(folder: (path as NSString).deletingLastPathComponent, weights: weights)
    }
    do {
      // The configuration first: without it, a folder is no checkpoint, whatever else it holds.
      _ = try configuration(in: path)
    } catch {
      // Except GGUF files, which bring their own.
      guard case .noConfig = error, let weights = try? WeightFiles(folder: path),
        weights.container == .gguf, let file = weights.paths.first
      else { throw error }
      return try Checkpoint(gguf: file)
    }
    let weights = try WeightFiles(folder: path)
    if weights.container == .gguf, let file = weights.paths.first {
      return try Checkpoint(gguf: file)
    }
    return try Checkpoint(folder: path, weights: weights)
  }

  /// Reads the configuration and the headers of `weights`.
  private init(folder: String, weights: WeightFiles) throws(CheckpointError) {
    let given = folder.isEmpty ? "." : folder
    (configFile, config) = try Self.configuration(in: given)
    let absolute = URL(fileURLWithPath: given).standardizedFileURL
    self.folder = absolute.path
    name = absolute.lastPathComponent
    var contents = try weights.read()
    try QuantizedWeights(config: config, file: configFile)?.merge(&contents.tensors)
    tensors = contents.tensors
    files = contents.files
    unlisted = contents.unlisted
  }

  /// The checkpoint with other tensors.
  public func replacing(_ tensors: [String: StoredTensor]) -> Checkpoint {
    Checkpoint(self, tensors: tensors, adding: nil)
  }

  /// Another checkpoint with other tensors, and one more file that they may lie in.
  init(_ base: Checkpoint, tensors: [String: StoredTensor], adding file: File?) {
    folder = base.folder
    name = base.name
    config = base.config
    configFile = base.configFile
    unlisted = base.unlisted
    self.tensors = tensors
    files = base.files + [file].compactMap { $0 }
  }

  /// Reads the headers of all parts of a GGUF model.
  private init(gguf path: String) throws(CheckpointError) {
    let parts = try GGUFFile.parts(of: path)
    let model: GGUFModel
    do { model = try GGUFModel(parts) } catch { throw .gguf(file: path, fault: error) }
    let absolute = URL(fileURLWithPath: path).standardizedFileURL
    folder = absolute.deletingLastPathComponent().path
    name = absolute.deletingPathExtension().lastPathComponent
    configFile = path
    config = model.config
    var tensors: [String: StoredTensor] = [:]
    for tensor in model.tensors {
      guard tensors.updateValue(tensor, forKey: tensor.name) == nil else {
        throw .duplicateTensor(name: tensor.name, files: parts.map(\.path))
      }
    }
    self.tensors = tensors
    files = parts.map { File(path: $0.path, bytes: $0.size) }
    unlisted = []
  }

  /// `config.json` of `folder`, and its path.
  private static func configuration(in folder: String) throws(CheckpointError) -> (String, JSON) {
    let file = (folder as NSString).appendingPathComponent("config.json")
    let config: JSON
    do {
      config = try JSON.read(file)
    } catch {
      guard case .notFound = error else { throw error }
      throw .noConfig(folder: folder)
    }
    guard config.object != nil else {
      throw .configIsNoObject(file: file, found: config.kind)
    }
    return (file, config)
  }
}
