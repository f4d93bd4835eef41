import Checkpoints
import Foundation
import Tokenizers

/// Where a model's tokenizer lies: files of their own, or the vocabulary inside a GGUF file.
struct TokenizerSource: Sendable {
  /// What MODEL means: a folder or a file.
  private let path: String

  init(_ path: String) { self.path = path }

  /// Opens it.
  ///
  /// - Throws: `TokenizerError`; `CheckpointError` about a GGUF file.
  func open() throws -> Tokenizer {
    let folder = folder
    do throws(TokenizerError) {
      return try Tokenizer.open(folder: folder)
    } catch {
      // Files beside a GGUF model come first: they are what its vocabulary was made from.
      guard case .noTokenizer = error, let file = ggufFile else { throw error }
      return try Tokenizer(gguf: vocabulary(of: GGUFFile(path: file)), file: file)
    }
  }

  /// What it is, without what only cutting a text takes.
  ///
  /// - Throws: what `open` throws, except about merges.
  func summary() throws -> TokenizerSummary {
    let folder = folder
    do throws(TokenizerError) {
      return try TokenizerSummary(folder: folder)
    } catch {
      guard case .noTokenizer = error, let file = ggufFile else { throw error }
      return try TokenizerSummary(
        gguf: vocabulary(of: GGUFFile(path: file), merges: false), file: file)
    }
  }

  /// How a message is written for the model: as files beside it say, else as the GGUF file does.
  ///
  /// - Throws: `TokenizerError.noChatTemplate`, `.chatTemplate`; `CheckpointError` about a GGUF file.
  func chatTemplate() throws -> ChatTemplate {
    do throws(TokenizerError) {
      return try ChatTemplate.open(folder: folder)
    } catch {
      guard case .noChatTemplate = error, let path = ggufFile else { throw error }
      let file = try GGUFFile(path: path)
      guard let source = file.metadata["tokenizer.chat_template"]?.string else {
        throw TokenizerError.noChatTemplate(place: path)
      }
      let vocabulary = vocabulary(of: file)
      let ids = ["bos_token": vocabulary.bos, "eos_token": vocabulary.eos]
      let tokens = ids.compactMapValues { id in
        id.flatMap { vocabulary.tokens.indices.contains($0) ? vocabulary.tokens[$0] : nil }
      }
      return try ChatTemplate(source, file: path, tokens: tokens)
    }
  }

  /// The ids of the special tokens that begin a text, such as BOS; none without a tokenizer.
  var prefix: [Int] {
    (try? open()).map(Self.prefix) ?? []
  }

  /// The ids of the special tokens with which a tokenizer begins a text.
  static func prefix(of tokenizer: Tokenizer) -> [Int] {
    let encoding = tokenizer.encode("")
    return encoding.added.contains("bos") ? encoding.tokens.prefix(1).map(\.id) : []
  }

  private var isFolder: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// The folder of the model's files.
  var folder: String {
    guard !isFolder else { return path }
    let parent = (path as NSString).deletingLastPathComponent
    return parent.isEmpty ? "." : parent
  }

  /// The file itself, or the first `.gguf` in the folder: every part of a split model has the vocabulary's part
  /// in the first one.
  private var ggufFile: String? {
    guard isFolder else { return path.hasSuffix(".gguf") ? path : nil }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".gguf") }.min().map { path + "/" + $0 }
  }

  /// The image that stands for a prompt when none is given: the first in `images` beside a vision model.
  var exampleImage: String? {
    let images = folder + "/images"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: images)) ?? []
    return names.sorted().first { $0.hasSuffix(".png") }.map { images + "/" + $0 }
  }

  /// Tokens after which an encoder-decoder writes nothing more: `eos_token_id` of the config.
  var endTokens: Set<Int> {
    guard let config = try? JSON.read(folder + "/config.json"), let end = config["eos_token_id"]
    else { return [] }
    return Set(end.array?.compactMap(\.int) ?? [end.int].compactMap { $0 })
  }

  /// What classes are called, by number: `id2label` of the config.
  var classNames: [Int: String] {
    guard let labels = try? JSON.read(folder + "/config.json")["id2label"]?.object else {
      return [:]
    }
    return labels.reduce(into: [:]) { names, label in
      if let number = Int(label.key) { names[number] = label.value.string }
    }
  }

  private func vocabulary(of file: GGUFFile, merges: Bool = true) -> GGUFVocabulary {
    func value(_ key: String) -> GGUFValue? { file.metadata["tokenizer.ggml.\(key)"] }
    var vocabulary = GGUFVocabulary(
      model: value("model")?.string ?? "", pre: value("pre")?.string ?? "default",
      tokens: value("tokens")?.array?.strings ?? [],
      scores: (value("scores")?.array?.doubles ?? []).map(Float.init),
      types: value("token_type")?.array?.ints ?? [],
      merges: merges ? value("merges")?.array?.strings ?? [] : [])
    vocabulary.bos = value("bos_token_id")?.int
    vocabulary.eos = value("eos_token_id")?.int
    vocabulary.unknown = value("unknown_token_id")?.int
    vocabulary.separator = value("seperator_token_id")?.int
    vocabulary.classification = value("cls_token_id")?.int
    vocabulary.addsBOS = value("add_bos_token")?.bool
    vocabulary.addsEOS = value("add_eos_token")?.bool
    vocabulary.addsSpacePrefix = value("add_space_prefix")?.bool
    vocabulary.lowers = value("normalizer.lowercase")?.bool
    vocabulary.stripsAccents = value("normalizer.strip_accents")?.bool
    vocabulary.charactersMap = (value("precompiled_charsmap")?.array?.ints ?? []).map {
      UInt8(truncatingIfNeeded: $0)
    }
    return vocabulary
  }
}

extension ChatTemplate {
  /// A message of the user, up to where the model answers.
  func asking(_ message: String) throws -> String {
    try text([Message(role: "user", content: message)])
  }
}
