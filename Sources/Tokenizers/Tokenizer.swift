import Foundation

/// Text to tokens and back, as a `tokenizer.json` describes it.
///
/// The stages are those of the `tokenizers` library, in its order: added tokens are found in the
/// text as written; then normalizer, pre-tokenizer, model and post-processor. A stage or an option
/// that is not implemented is refused by name.
/// `truncation` and `padding` are not applied, as in transformers unless they are asked for.
public struct Tokenizer: Sendable {
  private let added: AddedTokens
  private let normalizer: (any Normalizer)?
  private let preTokenizer: (any PreTokenizer)?
  private let model: any TokenModel
  let template: Template?
  /// Joins texts of tokens where the file names no decoder.
  let separator: [UInt8]
  /// Spellings by id; nil where an id is not used.
  let pieces: [String?]
  /// What each id stands for.
  let pieceBytes: [[UInt8]]
  let specialIDs: Set<Int>

  /// Reads `tokenizer.json` in `folder`.
  ///
  /// - Throws: `noTokenizer` when there is none; `unreadable`; what `init(json:file:)` throws.
  public static func open(folder: String) throws(TokenizerError) -> Tokenizer {
    let file = (folder as NSString).appendingPathComponent("tokenizer.json")
    guard FileManager.default.fileExists(atPath: file) else { throw .noTokenizer(folder: folder) }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: file))
    } catch {
      throw .unreadable(file: file, reason: (error as NSError).localizedDescription)
    }
    return try Tokenizer(json: [UInt8](data), file: file)
  }

  /// Reads the bytes of a `tokenizer.json`.
  ///
  /// - Parameter file: Its name in errors.
  /// - Throws: a `TokenizerError` that names the place in the file.
  public init(json: [UInt8], file: String = "tokenizer.json") throws(TokenizerError) {
    let tree: JSONTree
    do {
      tree = try JSONParser.parse(json)
    } catch {
      throw .invalidJSON(file: file, line: error.line, found: error.found)
    }
    let root = try Section(tree, file: file, place: "")
    try root.allow([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
      "post_processor", "decoder", "model",
    ])
    guard let modelSection = try root.section("model") else {
      throw root.wrong("model", expected: "an object")
    }
    model = try modelSection.model()
    normalizer = try root.section("normalizer")?.normalizer()
    preTokenizer = try root.section("pre_tokenizer")?.preTokenizer()
    template = try root.section("post_processor")?.postProcessor().template
    let decoder = try root.section("decoder")?.decoder()
    // The library joins with spaces where no decoder knows better.
    separator = decoder == nil ? [UInt8(ascii: " ")] : []
    added = try AddedTokens(try root.sections("added_tokens"), vocabulary: model.vocabulary)
    specialIDs = Set(added.all.lazy.filter(\.isSpecial).map(\.id))

    var pieces = model.vocabulary.pieces
    var bytes = pieces.map { piece in piece.map { decoder?.bytes(of: $0) ?? Array($0.utf8) } ?? [] }
    for token in added.all {
      while pieces.count <= token.id {
        pieces.append(nil)
        bytes.append([])
      }
      // An id of the model's keeps its meaning there: an added "é" may also be the stand-in of a
      // byte.
      guard pieces[token.id] == nil else { continue }
      pieces[token.id] = token.content
      bytes[token.id] = Array(token.content.utf8)
    }
    self.pieces = pieces
    pieceBytes = bytes
    try checkTemplate(file: file)
  }

  private func checkTemplate(file: String) throws(TokenizerError) {
    for part in (template?.single ?? []) + (template?.pair ?? []) {
      guard case .token(let id) = part, piece(id) == nil else { continue }
      throw .invalid(
        file: file, place: "post_processor", found: "token id \(id)",
        expected: "an id of the vocabulary")
    }
  }

  /// The tokens of one text, without any that the text does not contain.
  func tokenize(_ bytes: [UInt8]) -> (tokens: [ModelToken], text: Segments) {
    var text = Segments(bytes)
    added.cutRaw(&text)
    normalizer?.normalize(&text)
    added.cutNormalized(&text)
    preTokenizer?.cut(&text)
    var tokens: [ModelToken] = []
    tokens.reserveCapacity(text.bytes.count / 3)
    model.tokenize(text, into: &tokens)
    return (tokens, text)
  }
}

extension Section {
  fileprivate func normalizer() throws(TokenizerError) -> any Normalizer {
    let type = try string("type")
    guard let found = Normalizers.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: Normalizers.all.map { $0.type })
    }
    return try found.init(self)
  }

  fileprivate func model() throws(TokenizerError) -> any TokenModel {
    // Files of before 2020 name no type; they are BPE.
    let type = try optionalString("type") ?? BPE.type
    guard let found = TokenModels.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: TokenModels.all.map { $0.type })
    }
    return try found.init(self)
  }

  fileprivate func decoder() throws(TokenizerError) -> any TokenDecoder {
    let type = try string("type")
    guard let found = TokenDecoders.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: TokenDecoders.all.map { $0.type })
    }
    return try found.init(self)
  }

  /// The pre-tokenizer that this section describes.
  func preTokenizer() throws(TokenizerError) -> any PreTokenizer {
    let type = try string("type")
    guard let found = PreTokenizers.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: PreTokenizers.all.map { $0.type })
    }
    return try found.init(self)
  }

  /// The post-processor that this section describes.
  func postProcessor() throws(TokenizerError) -> any PostProcessor {
    let type = try string("type")
    guard let found = PostProcessors.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: PostProcessors.all.map { $0.type })
    }
    return try found.init(self)
  }

  private func unsupported(_ type: String, known: [String]) -> TokenizerError {
    .unsupportedStage(file: file, place: place, type: type, known: known)
  }
}
