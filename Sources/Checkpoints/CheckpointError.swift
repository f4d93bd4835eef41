/// Why a checkpoint could not be opened.
public enum CheckpointError: Error, Hashable, Sendable {
  /// Nothing lies at `path`.
  case notFound(path: String)
  /// A file was asked for and `path` is a folder.
  case isFolder(path: String)
  /// The system refused; `reason` in its words.
  case unreadable(path: String, reason: String)
  /// The address space has no room for a file.
  case tooLargeToMap(path: String, bytes: Int)
  /// `file` is no JSON, or not the JSON that belongs there.
  case invalidJSON(file: String, found: String)
  /// A folder without `config.json`.
  case noConfig(folder: String)
  /// A `config.json` whose outermost value is something else than an object.
  case configIsNoObject(file: String, found: String)
  /// A folder with a configuration and no weights.
  case noWeights(folder: String)
  /// Several weight files, and nothing that says which of them to take.
  case ambiguousWeights(folder: String, files: [String])
  /// A safetensors file that breaks the format.
  case safetensors(file: String, fault: SafetensorsFault)
  /// A file of PyTorch's that breaks the format, or holds what heed does not run.
  case pytorch(file: String, fault: PyTorchFault)
  /// A GGUF file that breaks the format, or a model in one that is not known.
  case gguf(file: String, fault: GGUFFault)
  /// A file of NumPy's that breaks the format, or holds something else than it should.
  case numpy(file: String, fault: NumPyFault)
  /// An index names a file that is not there.
  case missingShard(index: String, shard: String, tensor: String)
  /// An index says that a tensor lies in a file that does not hold it.
  case notInShard(index: String, shard: String, tensor: String)
  /// Two files hold a tensor of the same name.
  case duplicateTensor(name: String, files: [String])
  /// A way to quantise weights that is not read.
  case quantization(file: String, found: String)
  /// Parts of a quantised tensor that are missing or do not fit each other.
  case quantizedTensor(file: String, tensor: String)
  /// An adapter that is not read, or does not fit its base.
  case adapter(file: String, found: String, expected: String)
  /// A model in the Hugging Face cache that was not downloaded to its end.
  case incompleteDownload(folder: String, found: String)
  /// A revision of a model that is not in the Hugging Face cache.
  case unknownRevision(model: String, revision: String, known: [String])
  /// A copy that could not be written.
  case notCopied(path: String, reason: String)
  /// No sample is called that.
  case unknownSample(name: String, known: [String])
  /// The samples were not found in any of the places they may lie.
  case noSamples(searched: [String])
  /// MODEL is none of what it may be.
  case unknownModel(argument: String)
}

extension CheckpointError: CustomStringConvertible {
  /// One line: the file, what was found, what was expected, what to do.
  ///
  /// Names come from files that anybody may have written: control characters in them become `?`.
  public var description: String {
    let text = sentence
    guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      return text
    }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }

  private var sentence: String {
    switch self {
    case .notFound(let path): "\(path): no such file; check the spelling"
    case .isFolder(let path): "\(path): found a folder, expected a file; name a file in it"
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason); check the file and its permissions"
    case .tooLargeToMap(let path, let bytes):
      "\(path): the system refused to map its \(bytes) bytes, as \"ulimit -v\" makes it; raise the limit"
    case .invalidJSON(let file, let found):
      "\(file): found \(found), expected JSON; repair the file or fetch it again"
    case .noConfig(let folder):
      "\(folder): found no config.json, expected one beside the weights; give a checkpoint folder"
    case .configIsNoObject(let file, let found):
      "\(file): found \(found), expected an object; fetch the file again"
    case .noWeights(let folder):
      "\(folder): found config.json but no weights, expected model.safetensors, pytorch_model.bin, "
        + "the index of either or a .gguf file; fetch the weights"
    case .ambiguousWeights(let folder, let files):
      "\(folder): found \(files.count) weight files (\(Self.list(files))) and no index of shards, "
        + "expected one or the other; name one of the files instead of the folder"
    case .safetensors(let file, let fault): "\(file): \(fault)"
    case .pytorch(let file, let fault): "\(file): \(fault)"
    case .gguf(let file, let fault): "\(file): \(fault)"
    case .numpy(let file, let fault): "\(file): \(fault)"
    case .missingShard(let index, let shard, let tensor):
      "\(index): found no file \(shard), expected it to hold \(tensor); fetch all shards"
    case .notInShard(let index, let shard, let tensor):
      "\(index): found no tensor \(tensor) in \(shard), where the index puts it; "
        + "fetch the index and its shards again"
    case .duplicateTensor(let name, let files):
      "\(files.first ?? ""): found tensor \(name) also in \(files.dropFirst().joined(separator: ", ")), "
        + "expected it once; fetch the shards again"
    case .quantization(let file, let found):
      "\(file): found weights quantised by \(found), expected gptq, awq, mxfp4, fp8 or "
        + "compressed-tensors in float8; take the checkpoint before it was quantised"
    case .quantizedTensor(let file, let tensor):
      "\(file): found tensor \(tensor) without parts of the shapes that its quantization_config "
        + "asks for, expected all of them; fetch the checkpoint again"
    case .adapter(let file, let found, let expected):
      "\(file): found \(found), expected \(expected); take the adapter that belongs to this base"
    case .incompleteDownload(let folder, let found):
      "\(folder): found \(found), expected a complete download; download the model again"
    case .unknownRevision(let model, let revision, let known):
      "\(model)@\(revision): found no such revision in the cache, expected one of "
        + "\(known.isEmpty ? "those downloaded, of which there are none" : Self.list(known)); "
        + "download it, or leave the revision out"
    case .notCopied(let path, let reason):
      "\(path): cannot be written: \(reason)"
    case .unknownSample(let name, let known):
      "sample:\(name): no such sample, expected one of \(known.joined(separator: ", ")); see heed samples"
    case .noSamples(let searched):
      "samples: found none in \(searched.joined(separator: ", ")); set HEED_SAMPLES to their folder"
    case .unknownModel(let argument):
      "\(argument): found neither a file nor a folder, expected sample:NAME, a folder with config.json, "
        + "a .safetensors, .bin, .pt or .gguf file, or ORG/NAME in the Hugging Face cache; see heed samples for models to start with"
    }
  }

  /// The first few names, for a line that stays readable.
  private static func list(_ names: [String]) -> String {
    guard names.count > 4 else { return names.joined(separator: ", ") }
    return names.prefix(3).joined(separator: ", ") + ", …"
  }
}
