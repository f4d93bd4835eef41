import Foundation

/// Text to tokens and back, as a `tokenizer.json` describes it.
///
/// The stages are those of the `tokenizers` library, in its order: added tokens are found in the
/// text as written; then normalizer, pre-tokenizer, model and post-processor. A stage or an option
/// that heed does not know is refused by name.
/// `truncation` and `padding` are not applied, as in transformers unless they are asked for.
public struct Tokenizer: Sendable {
  private let added: AddedTokens
  private let normalizer: (any Normalizer)?
  private let preTokenizer: (any PreTokenizer)?
  let model: any TokenModel
  let template: Template?
  let decoder: (any TokenDecoder)?
  /// Spellings by id; nil where an id is not used.
  let pieces: [String?]
  /// The ids that only added tokens have.
  let addedIDs: Set<Int>
  let specialIDs: Set<Int>

  /// Reads the tokenizer in `folder`: `tokenizer.json`, else `vocab.json` with `merges.txt`, else a
  /// SentencePiece model, tiktoken ranks or `vocab.txt`.
  ///
  /// - Throws: `noTokenizer` when there is none; `unreadable`; what `init(json:file:)` throws.
  public static func open(folder: String) throws(TokenizerError) -> Tokenizer {
    guard let found = try TokenizerFormats.read(folder: folder) else {
      throw .noTokenizer(folder: folder)
    }
    return found
  }

  /// Reads the bytes of a `tokenizer.json`.
  ///
  /// - Parameter file: Its name in errors.
  /// - Throws: a `TokenizerError` that names the place in the file.
  public init(json: [UInt8], file: String = "tokenizer.json") throws(TokenizerError) {
    try self.init(json: json, file: file, cutsText: true)
  }

  /// - Parameter cutsText: Whether a text will be cut; else merges and tries are left out, and only counting is possible.
  init(json: [UInt8], file: String, cutsText: Bool) throws(TokenizerError) {
    let tree: JSONTree
    do {
      tree = try JSONParser.parse(json, without: cutsText ? nil : "merges")
    } catch {
      throw .invalidJSON(file: file, line: error.line, found: error.found)
    }
    var root = try Section(tree, file: file, place: "")
    root.cutsText = cutsText
    try root.allow([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
      "post_processor", "decoder", "model",
    ])
    guard let model = try root.section("model") else {
      throw root.wrong("model", expected: "an object")
    }
    try self.init(stages: root, model: try model.model())
  }

  /// The stages that `root` describes, around a model that was read elsewhere.
  init(stages root: Section, model: any TokenModel) throws(TokenizerError) {
    self.model = model
    normalizer = try root.section("normalizer")?.normalizer()
    preTokenizer = try root.section("pre_tokenizer")?.preTokenizer()
    template = try root.section("post_processor")?.postProcessor().template
    decoder = try root.section("decoder")?.decoder()
    added = try AddedTokens(
      try root.sections("added_tokens"), vocabulary: model.vocabulary, normalizer: normalizer)
    specialIDs = Set(added.all.lazy.filter(\.isSpecial).map(\.id))

    var pieces = model.vocabulary.pieces
    var addedIDs = Set<Int>()
    for token in added.all {
      while pieces.count <= token.id { pieces.append(nil) }
      // An id of the model's keeps its meaning there: an added "é" may also be the stand-in of a
      // byte.
      guard pieces[token.id] == nil else { continue }
      pieces[token.id] = token.content
      addedIDs.insert(token.id)
    }
    self.pieces = pieces
    self.addedIDs = addedIDs
    try checkTemplate(file: root.file)
  }

  private func checkTemplate(file: String) throws(TokenizerError) {
    for part in (template?.single ?? []) + (template?.pair ?? []) {
      guard case .token(let id) = part.content, piece(id) == nil else { continue }
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
