import Foundation

/// The files a tokenizer may lie in, in the order in which heed looks for them.
enum TokenizerFormats {
  /// One way to find and read a tokenizer.
  struct Format: Sendable {
    /// The files that all have to be there.
    let files: [String]
    let read: @Sendable (TokenizerSettings) throws(TokenizerError) -> Tokenizer
  }

  /// In order: tokenizer.json, which says everything, then what names its stages by its class.
  ///
  /// Ranks and SentencePiece share a name; their first bytes differ.
  static let all: [Format] = [
    Format(files: ["tokenizer.json"]) { (settings) throws(TokenizerError) in
      let file = settings.path("tokenizer.json")
      return try Tokenizer(
        json: try TokenizerSettings.bytes(file), file: file, cutsText: settings.cutsText)
    },
    Format(files: ["vocab.json", "merges.txt"], read: Tokenizer.vocabularyAndMerges),
    pieces("tokenizer.model"), pieces("spiece.model"), pieces("sentencepiece.bpe.model"),
    pieces("spm.model"),
    Format(files: ["vocab.txt"], read: Tokenizer.vocabularyLines),
  ]

  /// SentencePiece's or tiktoken's.
  private static func pieces(_ name: String) -> Format {
    Format(files: [name]) { (settings) throws(TokenizerError) in
      let file = settings.path(name)
      let bytes = try TokenizerSettings.bytes(file)
      // A SentencePiece model starts with the tag of its first piece, a line feed.
      return bytes.first == 0x0A || bytes.isEmpty
        ? try Tokenizer.sentencePiece(settings, file: file, bytes: bytes)
        : try Tokenizer.tiktoken(settings, file: file, bytes: bytes)
    }
  }

  /// The tokenizer in a folder; nil when there is none.
  ///
  /// - Parameter cutsText: Whether a text will be cut; else merges and tries are left out, and only counting is possible.
  static func read(folder: String, cutsText: Bool = true) throws(TokenizerError) -> Tokenizer? {
    let settings = { () throws(TokenizerError) in
      try TokenizerSettings(folder: folder, cutsText: cutsText)
    }
    let path = { (folder as NSString).appendingPathComponent($0) }
    for format in all
    where format.files.allSatisfy({ FileManager.default.fileExists(atPath: path($0)) }) {
      return try format.read(try settings())
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard let name = names.sorted().first(where: { $0.hasSuffix(".tiktoken") }) else { return nil }
    let bytes = try TokenizerSettings.bytes(path(name))
    return try Tokenizer.tiktoken(try settings(), file: path(name), bytes: bytes)
  }
}
