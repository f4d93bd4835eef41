import Checkpoints
import Foundation
import Tensors
import Tokenizers

/// What a reader did that it must not do.
public struct FuzzFault: Error, CustomStringConvertible {
  /// What happened.
  public let description: String
}

/// A reader of files that anybody may have written, and files to begin with.
///
/// Whatever a file holds, it must be read, or refused in one line that names it; what was read is
/// touched to its last byte.
public struct FuzzReader: Sendable {
  /// Its name, also that of its folder in the corpus.
  public let name: String
  private let file: String
  private let fixtures: [String]
  private let texts: [String]
  private let beside: [String: String]
  private let read: @Sendable (_ path: String) throws -> Void

  private init(
    _ name: String, file: String, fixtures: [String] = [], texts: [String] = [],
    beside: [String: String] = [:], read: @escaping @Sendable (_ path: String) throws -> Void
  ) {
    (self.name, self.file, self.fixtures, self.texts) = (name, file, fixtures, texts)
    (self.beside, self.read) = (beside, read)
  }

  /// The files to begin with.
  ///
  /// - Parameter tests: The folder `Tests` of the repository.
  public func seeds(tests: String) throws -> [[UInt8]] {
    try fixtures.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: tests + "/" + $0))) }
      + texts.map { Array($0.utf8) }
  }

  /// A damaged copy of one of its inputs: of JSON half of the time with other values, so that it still is JSON.
  public func damaged(_ bytes: [UInt8], using random: inout FuzzGenerator) -> [UInt8] {
    file.hasSuffix(".json") && Bool.random(using: &random)
      ? JSONMutator.damaged(bytes, using: &random) : Mutator.damaged(bytes, using: &random)
  }

  /// Gives bytes to the reader as a file in `folder`.
  ///
  /// - Returns: The refusal; nil when the file was read.
  /// - Throws: `FuzzFault` for what a reader must not do.
  public func refusal(of bytes: [UInt8], in folder: String) throws -> String? {
    for (name, text) in beside {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    let path = folder + "/" + file
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let text: String
    do {
      try read(path)
      return nil
    } catch let error as CheckpointError {
      text = error.description
    } catch let error as TokenizerError {
      text = error.description
    }
    guard text.hasPrefix(folder) else { throw FuzzFault(description: "no file named: \(text)") }
    guard !text.contains("\n") else { throw FuzzFault(description: "several lines: \(text)") }
    return text
  }

  /// All readers.
  public static let all: [FuzzReader] = [
    FuzzReader(
      "safetensors", file: "m.safetensors",
      fixtures: [
        "CheckpointsTests/Fixtures/pytorch/expected.safetensors",
        "CheckpointsTests/Fixtures/gguf/split.safetensors",
      ]
    ) { path in
      let file = try SafetensorsFile(path: path)
      try touch(file.tensors, size: file.size)
    },
    FuzzReader(
      "pytorch", file: "m.pt",
      fixtures: ["zip.pt", "legacy.pt", "nested.pt", "float8.pt", "namespace.pt", "wrapped.pth"]
        .map { "CheckpointsTests/Fixtures/pytorch/" + $0 }
    ) { path in
      let file = try PyTorchFile(path: path)
      try touch(file.tensors, size: file.size)
    },
    FuzzReader(
      "gguf", file: "m.gguf",
      fixtures: ["types.gguf", "vocabulary.gguf", "split-00001-of-00002.gguf"].map {
        "CheckpointsTests/Fixtures/gguf/" + $0
      }
    ) { path in
      let file = try GGUFFile(path: path)
      for value in file.metadata.values {
        guard let array = value.array else { continue }
        guard array.values.count <= file.size else { throw FuzzFault(description: "a long list") }
      }
      try touch(file.tensors, size: file.size)
      _ = try Checkpoint.open(path)
    },
    FuzzReader(
      "numpy", file: "m.npz",
      fixtures: ["maps.npz", "packed.npz", "stored.npz", "alone.npy", "fortran.npy", "big.npy"]
        .map { "CheckpointsTests/Fixtures/numpy/" + $0 }
    ) { path in
      for array in try NumPyFile(path: path).arrays {
        _ = array.numbers?.widened(to: Float.self)
      }
    },
    FuzzReader(
      "tokenizer-json", file: "tokenizer.json",
      fixtures: ["wordpiece", "t5", "llama", "qwen2", "clip", "roberta", "unigram-bytes"].map {
        "TokenizersTests/Fixtures/kinds/\($0).json"
      }
    ) { path in
      _ = try TokenizerSummary(folder: folder(of: path))
      try use(Tokenizer.open(folder: folder(of: path)))
    },
    FuzzReader(
      "sentencepiece", file: "tokenizer.model",
      fixtures: ["bpe.model", "spiece.model"].map { "TokenizersTests/Fixtures/kinds/" + $0 }
    ) { path in try use(Tokenizer.open(folder: folder(of: path))) },
    FuzzReader(
      "tiktoken", file: "qwen.tiktoken",
      texts: [
        (0..<256).map { "\(Data([UInt8($0)]).base64EncodedString()) \($0)\n" }.joined()
          + "YWI= 256\nYWJj 257\n"
      ]
    ) { path in try use(Tokenizer.open(folder: folder(of: path))) },
    FuzzReader(
      "vocabulary", file: "vocab.txt",
      texts: ["[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nsat\n##s\na\n"]
    ) { path in try use(Tokenizer.open(folder: folder(of: path))) },
    FuzzReader(
      "merges", file: "merges.txt", texts: ["#version: 0.2\nt h\nth e\ns a\nsa t\n"],
      beside: [
        "vocab.json": #"{"t":0,"h":1,"e":2,"s":3,"a":4,"th":5,"the":6,"sa":7,"sat":8,"Ġ":9}"#,
        "config.json": #"{"model_type":"gpt2"}"#,
      ]
    ) { path in try use(Tokenizer.open(folder: folder(of: path))) },
    FuzzReader(
      "chat-template", file: "chat_template.jinja",
      fixtures: ["llama3", "chatml", "mistral", "gemma", "zephyr", "everything"].map {
        "TokenizersTests/Fixtures/chat/\($0).jinja"
      }
    ) { path in
      _ = try ChatTemplate.open(folder: folder(of: path)).text([
        .init(role: "system", content: "Be brief."), .init(role: "user", content: "Hello"),
      ])
    },
  ]

  // MARK: What is done with what was read

  private static func folder(of path: String) -> String {
    (path as NSString).deletingLastPathComponent
  }

  /// Reads every number.
  private static func touch(_ tensors: [StoredTensor], size: Int) throws {
    for tensor in tensors {
      guard tensor.byteCount <= size else {
        throw FuzzFault(description: "tensor \(tensor.name) of more bytes than the file has")
      }
      _ = tensor.widened(to: Float.self)
      _ = tensor.integers()
    }
  }

  /// Cuts a text, and puts it together again.
  private static func use(_ tokenizer: Tokenizer) throws {
    let text = "The cat's sat.\n\t 12345 naïve 東京 🙂 <s>[MASK]"
    let encoding = tokenizer.encode(text, pair: "the end")
    let count = text.utf8.count
    for token in encoding.tokens where !(0...count).contains(token.start) || token.end > count {
      throw FuzzFault(description: "token \(token.id) outside of the text")
    }
    _ = tokenizer.decode(encoding.tokens.map(\.id))
  }
}
