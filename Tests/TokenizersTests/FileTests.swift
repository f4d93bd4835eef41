import Foundation
import Testing

@testable import Tokenizers

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Fixtures/kinds")

/// The file of a kind, and its tokenizer.
private func kind(_ name: String) throws -> (root: Section, tokenizer: Tokenizer) {
  let json = [UInt8](try Data(contentsOf: fixtures.appendingPathComponent(name + ".json")))
  let root = try Section(try JSONParser.parse(json), file: name, place: "")
  return (root, try Tokenizer(json: json))
}

/// A folder with some files in it, gone when `body` returns.
private func withFolder(
  _ files: [String: [UInt8]], _ body: (_ folder: String) throws -> Void
) throws {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("heed-tokenizer-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  for (name, bytes) in files {
    try Data(bytes).write(to: folder.appendingPathComponent(name))
  }
  try body(folder.path)
}

/// The tokenizer in a folder, whose summary tells of the same one.
private func opened(_ folder: String) throws -> Tokenizer {
  let tokenizer = try Tokenizer.open(folder: folder)
  let summary = try TokenizerSummary(folder: folder)
  #expect(summary.vocabularySize == tokenizer.vocabularySize)
  #expect(summary.kind == type(of: tokenizer.model).type)
  return tokenizer
}

private let plainTexts = [
  "", " ", "The quick brown fox, isn't it?  They're  used to 1234 others.\n\n\tEnd ",
  "é 日本 👍 <s>x</s>",
  "hello world", "abc abcd the then they", "<mask> [MASK] a [SEP]", "½ ﬁne １２ x   y",
]

/// The texts, and the torture texts that the library's goldens are of; none with a special token of the fixtures,
/// which not every file names, and none with a word that only some of them call too long.
private let texts: [String] = {
  struct Goldens: Decodable { let texts: [String] }
  let file = fixtures.deletingLastPathComponent().appendingPathComponent("stages.json")
  let goldens = try? JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
  return plainTexts
    + (goldens?.texts ?? []).filter { text in
      !text.contains("<|") && !text.contains("[MASK]") && !text.contains("<mask>")
        && text.split(whereSeparator: \.isWhitespace).allSatisfy { $0.unicodeScalars.count <= 60 }
    }
}()

private func expectSame(_ own: Tokenizer, _ library: Tokenizer, special: Bool = true) {
  #expect(texts.count > 40)
  for text in texts {
    #expect(
      own.encode(text, addSpecial: special).tokens.map(\.id)
        == library.encode(text, addSpecial: special).tokens.map(\.id), "\(text)")
    let ids = library.ids(Array(text.utf8))
    #expect(own.decode(ids) == library.decode(ids), "\(text)")
  }
  let (a, b) = (own.encode("the fox", pair: "it's"), library.encode("the fox", pair: "it's"))
  if special {
    #expect(a.tokens.map(\.id) == b.tokens.map(\.id))
    #expect(a.typeIDs == b.typeIDs)
  }
}

/// The pieces and merges of a byte-level kind, as its model has them.
private func parts(_ root: Section) throws -> (tokens: [String], merges: [String]) {
  let model = try #require(try root.section("model"))
  let vocabulary = try Vocabulary(model, key: "vocab")
  let merges = try model.array("merges").map { merge in
    guard case .array(let pair) = merge, case .string(let left) = pair[0],
      case .string(let right) = pair[1]
    else { return "" }
    return left + " " + right
  }
  return (vocabulary.pieces.map { $0 ?? "" }, merges)
}

@Test func `a summary counts the pieces of every kind and looks at no merge`() throws {
  for name in ["llama3", "roberta", "spm-llama", "t5", "wordpiece"] {
    let json = [UInt8](try Data(contentsOf: fixtures.appendingPathComponent(name + ".json")))
    try withFolder(["tokenizer.json": json]) { _ = try opened($0) }
  }
  let damaged =
    #"{"model":{"vocab":{"merges":0,"a\"]":1},"merges":["x y",["]","\\"],[[]],5]},"added_tokens":[{"id":7,"content":"<s>"}]}"#
  try withFolder(["tokenizer.json": Array(damaged.utf8)]) { folder in
    let summary = try TokenizerSummary(folder: folder)
    #expect(summary.kind == "BPE" && summary.vocabularySize == 3)
  }
  for cut in [
    #"{"model":{"merges":[["a"]"#, #"{"model":{"merges":["]}}"#, #"{"model":{"merges":["\"#,
  ] {
    try withFolder(["tokenizer.json": Array(cut.utf8)]) { folder in
      #expect(
        throws: TokenizerError.invalidJSON(
          file: folder + "/tokenizer.json", line: 1, found: "the end of the file")
      ) { try TokenizerSummary(folder: folder) }
    }
  }
}

@Test func `vocab.json and merges.txt are read as the class says`() throws {
  let (root, library) = try kind("roberta")
  let (tokens, merges) = try parts(root)
  let vocabulary = tokens.enumerated().map { "\(StageList.quoted($1)):\($0)" }
  try withFolder([
    "vocab.json": Array("{\(vocabulary.joined(separator: ","))}".utf8),
    "merges.txt": Array(("#version: 0.2\n" + merges.joined(separator: "\n") + "\n").utf8),
    "tokenizer_config.json": Array(#"{"tokenizer_class":"RobertaTokenizer"}"#.utf8),
  ]) { expectSame(try opened($0), library) }
}

@Test func `vocab.txt is read as BERT's`() throws {
  for (name, lowers) in [("wordpiece", true), ("wordpiece-cased", false)] {
    let (root, library) = try kind(name)
    let (tokens, _) = try parts(root)
    try withFolder([
      "vocab.txt": Array((tokens.joined(separator: "\n") + "\n").utf8),
      "tokenizer_config.json": Array(#"{"do_lower_case":\#(lowers)}"#.utf8),
    ]) { folder in
      let own = try opened(folder)
      for text in texts {
        #expect(own.encode(text).tokens.map(\.id) == library.encode(text).tokens.map(\.id))
      }
      #expect(own.encode("a", pair: "b").typeIDs == library.encode("a", pair: "b").typeIDs)
    }
  }
}

@Test func `base64 is read as Foundation reads it`() {
  for count in 0..<20 {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 97 &+ count) }
    #expect(Base64.bytes(Array(Data(bytes).base64EncodedString().utf8)) == bytes)
  }
  for text in ["a", "ab=", "a===", "ab=c", "ab c", "ab-_", "abé"] {
    #expect(Base64.bytes(Array(text.utf8)) == nil, "\(text)")
  }
}

@Test func `tiktoken ranks are read from either name`() throws {
  let (root, library) = try kind("llama3")
  let tokens = try parts(root).tokens.filter { $0 != "<|endoftext|>" }
  let lines = tokens.enumerated().map { id, token in
    "\(Data(ByteAlphabet.bytes(of: Array(token.utf8)) ?? []).base64EncodedString()) \(id)\n"
  }
  for name in ["x.tiktoken", "tokenizer.model"] {
    try withFolder([name: Array(lines.joined().utf8)]) {
      expectSame(try opened($0), library, special: false)
    }
  }
}

@Test func `a GGUF vocabulary of GPT-2's kind is cut as its metadata says`() throws {
  let kinds = [
    ("llama3", "llama-bpe"), ("qwen2", "qwen2"), ("deepseek", "deepseek-v3"), ("falcon", "falcon"),
  ]
  for (name, pre) in kinds {
    let (root, library) = try kind(name)
    let (tokens, merges) = try parts(root)
    let vocabulary = GGUFVocabulary(model: "gpt2", pre: pre, tokens: tokens, merges: merges)
    expectSame(try Tokenizer(gguf: vocabulary, file: "m.gguf"), library, special: false)
  }
}

@Test func `a GGUF vocabulary of Gemma 4's kind is cut as Gemma's`() throws {
  let (root, library) = try kind("gemma")
  let (tokens, merges) = try parts(root)
  var gguf = GGUFVocabulary(
    model: "gemma4", tokens: tokens, types: tokens.indices.map { $0 < 3 ? 3 : 1 }, merges: merges)
  (gguf.bos, gguf.unknown, gguf.addsBOS) = (1, 0, true)
  let own = try Tokenizer(gguf: gguf, file: "m.gguf")
  for text in texts {
    let ids = own.encode(text).tokens.map(\.id)
    #expect(ids == library.encode(text).tokens.map(\.id), "\(text)")
    // The fixture drops a first space, Gemma's own decoder does not.
    #expect(own.decode(Array(ids.dropFirst())) == Array(text.utf8), "\(text)")
  }
}

@Test func `a GGUF vocabulary of BERT's kind is cut as BERT's, cased or not`() throws {
  for name in ["wordpiece", "wordpiece-cased"] {
    let (root, library) = try kind(name)
    let tokens = try parts(root).tokens
    var gguf = GGUFVocabulary(
      model: "bert",
      tokens: tokens.map { token in
        if token.hasPrefix("[") && token.hasSuffix("]") && token.count > 1 { return token }
        return token.hasPrefix("##") ? String(token.dropFirst(2)) : "▁" + token
      },
      types: tokens.map { $0.hasPrefix("[") && $0.hasSuffix("]") ? 3 : 1 })
    (gguf.unknown, gguf.classification, gguf.separator) = (1, 2, 3)
    let own = try Tokenizer(gguf: gguf, file: "m.gguf")
    for text in texts {
      #expect(own.encode(text).tokens.map(\.id) == library.encode(text).tokens.map(\.id), "\(text)")
    }
    let (a, b) = (own.encode("the fox", pair: "it's"), library.encode("the fox", pair: "it's"))
    #expect(a.tokens.map(\.id) == b.tokens.map(\.id) && a.typeIDs == b.typeIDs)
  }
}

@Test func `a GGUF vocabulary of RoBERTa's kind stands between its special tokens`() throws {
  let (root, library) = try kind("roberta")
  let (tokens, merges) = try parts(root)
  var gguf = GGUFVocabulary(
    model: "gpt2", pre: "roberta-bpe", tokens: tokens, types: tokens.map { $0 == "<s>" ? 3 : 1 },
    merges: merges)
  (gguf.bos, gguf.eos, gguf.separator) = (0, 2, 2)
  let own = try Tokenizer(gguf: gguf, file: "m.gguf")
  for text in ["", "The quick brown fox, isn't it?", "é 日本 👍"] {
    #expect(own.encode(text).tokens.map(\.id) == library.encode(text).tokens.map(\.id), "\(text)")
  }
  let pair = library.encode("the fox", pair: "it's").tokens.map(\.id)
  #expect(own.encode("the fox", pair: "it's").tokens.map(\.id) == pair)
}

@Test func `a GGUF vocabulary of T5's kind is cut as T5's`() throws {
  let bytes = [UInt8](try Data(contentsOf: fixtures.appendingPathComponent("spiece.model")))
  let model = try #require(SentencePieceModel(bytes))
  let extra = (0..<100).reversed().map { "<extra_id_\($0)>" }
  var gguf = GGUFVocabulary(
    model: "t5", tokens: model.pieces.map(\.text) + extra,
    scores: model.pieces.map(\.score) + extra.map { _ in 0 },
    types: model.pieces.map(\.kind) + extra.map { _ in 4 })
  (gguf.unknown, gguf.eos, gguf.charactersMap) = (0, 2, model.charactersMap)
  expectSame(try Tokenizer(gguf: gguf, file: "m.gguf"), try kind("t5").tokenizer)
}

@Test func `a SentencePiece model of pieces with scores is read`() throws {
  let bytes = [UInt8](try Data(contentsOf: fixtures.appendingPathComponent("spiece.model")))
  try withFolder([
    "spiece.model": bytes,
    "tokenizer_config.json": Array(#"{"tokenizer_class":"T5Tokenizer"}"#.utf8),
  ]) { expectSame(try opened($0), try kind("t5").tokenizer) }
}

@Test func `a SentencePiece model of merges is read`() throws {
  let bytes = [UInt8](try Data(contentsOf: fixtures.appendingPathComponent("bpe.model")))
  let library = try kind("spm-llama").tokenizer
  try withFolder([
    "tokenizer.model": bytes,
    "tokenizer_config.json": Array(#"{"tokenizer_class":"LlamaTokenizer"}"#.utf8),
  ]) { expectSame(try opened($0), library) }
  let model = try #require(SentencePieceModel(bytes))
  var gguf = GGUFVocabulary(
    model: "llama", tokens: model.pieces.map(\.text), scores: model.pieces.map(\.score),
    types: model.pieces.map(\.kind))
  (gguf.bos, gguf.eos, gguf.unknown) = (1, 2, 0)
  expectSame(try Tokenizer(gguf: gguf, file: "m.gguf"), library)
}

@Test func `a SentencePiece model cut anywhere is read or refused`() throws {
  let bytes = [UInt8](try Data(contentsOf: fixtures.appendingPathComponent("bpe.model")))
  for count in stride(from: 0, to: bytes.count, by: 97) {
    try withFolder(["tokenizer.model": Array(bytes[..<count])]) { folder in
      do {
        _ = try Tokenizer.open(folder: folder)
      } catch let error as TokenizerError {
        #expect(error.description.contains("tokenizer.model: found "))
      }
    }
  }
}

@Test(arguments: [
  (GGUFVocabulary(model: "rwkv", tokens: ["a"]), "tokenizer.ggml.model = rwkv"),
  (GGUFVocabulary(model: "gpt2", pre: "new", tokens: ["a"]), "tokenizer.ggml.pre of type new"),
  (GGUFVocabulary(model: "gpt2", tokens: []), "0 tokens as tokenizer.ggml.tokens"),
  (GGUFVocabulary(model: "llama", tokens: ["a"]), "0 scores as tokenizer.ggml.scores"),
  (
    GGUFVocabulary(model: "llama", tokens: ["a"], scores: [0], types: [1, 1]),
    "2 types as tokenizer.ggml.token_type"
  ),
])
func `a GGUF vocabulary that does not fit is refused`(_ gguf: GGUFVocabulary, found: String) {
  do {
    _ = try Tokenizer(gguf: gguf, file: "m.gguf")
    Issue.record("opened")
  } catch { #expect(error.description.hasPrefix("m.gguf: found \(found)")) }
}
