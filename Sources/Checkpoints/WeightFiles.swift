import Foundation
import Tensors

/// Which files of a checkpoint hold its weights.
struct WeightFiles {
  /// A way to store weights.
  enum Container: CaseIterable {
    // In the order in which a folder that has several is read.
    case safetensors, pytorch, gguf

    /// What a file's name says that it is; nil for an unknown ending.
    init?(file path: String) {
      let ending = (path as NSString).pathExtension.lowercased()
      guard let found = Self.allCases.first(where: { $0.extensions.contains(ending) }) else {
        return nil
      }
      self = found
    }

    /// How its files' names end, without the dot.
    var extensions: Set<String> {
      switch self {
      case .safetensors: ["safetensors"]
      case .pytorch: ["bin", "pt", "pth"]
      case .gguf: ["gguf"]
      }
    }

    /// The name of the one file, where the container has a usual one.
    var single: String? {
      switch self {
      case .safetensors: "model.safetensors"
      case .pytorch: "pytorch_model.bin"
      case .gguf: nil
      }
    }

    /// The index beside several files, where the container has one.
    var index: String? { single.map { $0 + ".index.json" } }

    /// The tensors of one file.
    func tensors(in path: String) throws(CheckpointError) -> (size: Int, tensors: [StoredTensor]) {
      switch self {
      case .safetensors:
        let file = try SafetensorsFile(path: path)
        return (file.size, file.tensors)
      case .pytorch:
        let file = try PyTorchFile(path: path)
        return (file.size, file.tensors)
      case .gguf:
        let file = try GGUFFile(path: path)
        return (file.size, file.tensors)
      }
    }
  }

  /// What the files hold.
  struct Contents {
    var tensors: [String: StoredTensor] = [:]
    var files: [Checkpoint.File] = []
    var unlisted: [String] = []
  }

  let container: Container
  /// Paths, sorted.
  let paths: [String]
  /// The index that lists the tensors of each file.
  let index: ShardIndex?

  /// One file, whose name says what it is.
  init(file path: String) throws(CheckpointError) {
    // An unknown ending is read as safetensors: its first bytes tell better than its name.
    container = Container(file: path) ?? .safetensors
    paths = [path]
    index = nil
  }

  /// The files of `folder`.
  init(folder: String) throws(CheckpointError) {
    let listing: [String]
    do {
      listing = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch { throw .unreadable(path: folder, reason: error.localizedDescription) }
    let path = { (name: String) in (folder as NSString).appendingPathComponent(name) }
    for container in Container.allCases {
      let files = listing.filter {
        container.extensions.contains(($0 as NSString).pathExtension.lowercased())
          && !Self.isTrainingState($0) && !GGUFFile.isLaterPart($0)
      }
      let index = container.index.flatMap { listing.contains($0) ? $0 : nil }
      guard let first = files.first ?? index else { continue }
      self.container = container
      if let single = container.single, files.contains(single) {
        (paths, self.index) = ([path(single)], nil)
      } else if let index {
        let shards = try ShardIndex(path: path(index))
        (paths, self.index) = (shards.files.map(path), shards)
      } else if files.count == 1 {
        (paths, self.index) = ([path(first)], nil)
      } else {
        throw .ambiguousWeights(folder: folder, files: files)
      }
      return
    }
    throw .noWeights(folder: folder)
  }

  /// What training leaves beside the weights, under the endings of weight files.
  private static func isTrainingState(_ name: String) -> Bool {
    ["training_args.", "optimizer.", "scheduler.", "rng_state", "adapter_model."].contains {
      name.hasPrefix($0)
    }
  }

  /// Reads the headers of all files and checks them against the index.
  func read() throws(CheckpointError) -> Contents {
    var contents = Contents()
    var holder: [String: String] = [:]
    for path in paths {
      let (size, tensors) = try open(path)
      contents.files.append(.init(path: path, bytes: size))
      for tensor in tensors {
        if let other = holder.updateValue(path, forKey: tensor.name) {
          throw .duplicateTensor(name: tensor.name, files: [other, path])
        }
        contents.tensors[tensor.name] = tensor
      }
    }
    guard let index else { return contents }
    for (tensor, shard) in index.shards.sorted(by: { $0.key < $1.key }) {
      guard let path = holder[tensor],
        (path as NSString).lastPathComponent == (shard as NSString).lastPathComponent
      else { throw .notInShard(index: index.path, shard: shard, tensor: tensor) }
    }
    contents.unlisted = contents.tensors.keys.filter { index.shards[$0] == nil }.sorted()
    return contents
  }

  /// One file's tensors; a file that only the index names is missed in the index's words.
  private func open(_ path: String) throws(CheckpointError) -> (size: Int, tensors: [StoredTensor])
  {
    do {
      return try container.tensors(in: path)
    } catch {
      guard case .notFound = error, let index else { throw error }
      let shard = (path as NSString).lastPathComponent
      let tensor = index.shards.filter { $0.value == shard }.keys.min() ?? ""
      throw .missingShard(index: index.path, shard: shard, tensor: tensor)
    }
  }
}

/// `model.safetensors.index.json`: which file holds which tensor.
struct ShardIndex {
  /// Where it lies.
  let path: String
  /// File names by tensor name.
  let shards: [String: String]

  /// The files' names, each once, sorted.
  var files: [String] { Set(shards.values).sorted() }

  /// Reads the index at `path`.
  init(path: String) throws(CheckpointError) {
    let map = try JSON.read(path)["weight_map"]
    guard let members = map?.object else {
      throw .invalidJSON(
        file: path, found: map.map { "\($0.kind) as weight_map" } ?? "no weight_map")
    }
    var shards: [String: String] = [:]
    for (tensor, file) in members {
      guard let file = file.string, !file.isEmpty, !file.contains("/") else {
        throw .invalidJSON(file: path, found: "no file name for \(tensor)")
      }
      shards[tensor] = file
    }
    self.path = path
    self.shards = shards
  }
}
