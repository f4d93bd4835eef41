import Foundation
import Testing

@testable import Tokenizers

/// What the library says of each stage; written by `Fixtures/make_kind_goldens.py`.
private struct StageGoldens: Decodable {
  struct Normalizer: Decodable {
    let name: String
    let texts: [String?]
  }
  struct PreTokenizer: Decodable {
    let name: String
    let spans: [[[Int]]]
  }
  let texts: [String]
  let normalizers: [Normalizer]
  let preTokenizers: [PreTokenizer]

  enum CodingKeys: String, CodingKey {
    case texts, normalizers
    case preTokenizers = "pre_tokenizers"
  }
}

/// What the library says of each kind of tokenizer.
private struct KindGoldens: Decodable {
  /// Ids, spans, and the decoded text where it is not the text.
  struct Case: Decodable {
    let ids: [Int]
    let spans: [[Int]]
    let decoded: String?

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      ids = try list.decode([Int].self)
      spans = try list.decode([[Int]].self)
      decoded = try list.decode(String?.self)
    }
  }
  struct Pair: Decodable {
    let first, second: String
    let ids, types: [Int]
  }
  struct Kind: Decodable {
    let cases: [Case]
    let pairs: [Pair]
    let invalid: [[Int]]
  }
  let texts, invalid: [String]
  let kinds: [String: Kind]
}

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Fixtures")

/// The stages under `key` of stages.json, read by heed's own parser.
private func stages(_ key: String) throws -> [Section] {
  let json = try Data(contentsOf: fixtures.appendingPathComponent("stages.json"))
  let root = try Section(try JSONParser.parse([UInt8](json)), file: "stages.json", place: "")
  return try root.sections(key).compactMap { try $0.section("stage") }
}

private func goldens() throws -> StageGoldens {
  try JSONDecoder().decode(
    StageGoldens.self, from: Data(contentsOf: fixtures.appendingPathComponent("stages.json")))
}

@Test func `each normalizer makes of a text what the library makes of it`() throws {
  let goldens = try goldens()
  for (golden, section) in zip(goldens.normalizers, try stages("normalizers")) {
    let normalizer = try section.normalizer()
    for (text, expected) in zip(goldens.texts, golden.texts) {
      var segments = Segments(Array(text.utf8))
      normalizer.normalize(&segments)
      #expect(
        segments.bytes == Array((expected ?? text).utf8), "\(golden.name): \(text.debugDescription)"
      )
      #expect(segments.origin(segments.bytes.count) == text.utf8.count)
    }
  }
}

@Test func `each pre-tokenizer cuts where the library cuts`() throws {
  let goldens = try goldens()
  for (golden, section) in zip(goldens.preTokenizers, try stages("pre_tokenizers")) {
    let stage = try section.preTokenizer()
    for (text, expected) in zip(goldens.texts, golden.spans) {
      let bytes = Array(text.utf8)
      var segments = Segments(bytes)
      stage.cut(&segments)
      let own = segments.segments.map { [segments.origin($0.start), segments.originEnd($0.end)] }
      #expect(widened(own, bytes) == expected, "\(golden.name): \(text.debugDescription)")
    }
  }
}

@Test func `each pre-tokenizer that a GGUF file names cuts where that of its tokenizer.json cuts`()
  throws
{
  let goldens = try goldens()
  let named = goldens.preTokenizers.filter { $0.name.hasPrefix("gguf ") }
  #expect(named.count == 19)
  for golden in named {
    let text = try #require(KnownPatterns.preTokenizer(pre: String(golden.name.dropFirst(5))))
    let json = try JSONParser.parse(Array(text.utf8))
    let stage = try Section(json, file: golden.name, place: "").preTokenizer()
    for (text, expected) in zip(goldens.texts, golden.spans) {
      let bytes = Array(text.utf8)
      var segments = Segments(bytes)
      stage.cut(&segments)
      let own = segments.segments.map { [segments.origin($0.start), segments.originEnd($0.end)] }
      #expect(widened(own, bytes) == expected, "\(golden.name): \(text.debugDescription)")
    }
  }
}

private func widened(_ spans: [[Int]], _ bytes: [UInt8]) -> [[Int]] {
  let isInside = { (offset: Int) in offset < bytes.count && bytes[offset] & 0xC0 == 0x80 }
  return spans.map { span in
    var (start, end) = (span[0], max(span[0], span[1]))
    while isInside(start) { start -= 1 }
    while isInside(end) { end += 1 }
    return [start, end]
  }
}

private let kindNames = [
  "albert", "clip", "deepseek", "digits", "falcon", "gemma", "llama", "llama-unknown", "llama3",
  "mistral", "prefixed-bpe", "qwen2", "roberta", "spm-llama", "suffixed-bpe", "t5", "unigram",
  "unigram-bytes",
  "wordpiece", "wordpiece-cased",
]

@Test(arguments: kindNames)
func `each kind of tokenizer gives what the library gives`(name: String) throws {
  let goldens = try JSONDecoder().decode(
    KindGoldens.self, from: Data(contentsOf: fixtures.appendingPathComponent("kinds.json")))
  let kind = try #require(goldens.kinds[name])
  let json = try Data(contentsOf: fixtures.appendingPathComponent("kinds/\(name).json"))
  let tokenizer = try Tokenizer(json: [UInt8](json), file: name)
  for (text, golden) in zip(goldens.texts, kind.cases) {
    let shown = text.debugDescription
    let bytes = Array(text.utf8)
    #expect(tokenizer.ids(bytes) == golden.ids, "\(shown)")
    let own = tokenizer.encode(text, addSpecial: false).tokens.map { [$0.start, $0.end] }
    guard own.count == golden.spans.count else { continue }
    // What was put in covers nothing here, and its neighbour in the library; what a normalizer
    // made of several characters covers all of them here, and one of them in the library; each byte
    // of unknown characters covers all of them there.
    let differing = zip(widened(own, bytes), golden.spans).filter { own, golden in
      own[0] < own[1] && !(own[0] <= golden[0] && golden[1] <= own[1])
        && !(golden[0] <= own[0] && own[1] <= golden[1])
    }
    // There the library counts the bytes of tokens in an order that is not that of the text.
    #expect(differing.isEmpty || name == "llama-unknown", "\(shown)")
    let decoded = String(decoding: tokenizer.decode(golden.ids), as: UTF8.self)
    #expect(
      Array(decoded.unicodeScalars) == Array((golden.decoded ?? text).unicodeScalars), "\(shown)")
  }
  for (text, ids) in zip(goldens.invalid, kind.invalid) {
    #expect(tokenizer.ids([UInt8](try #require(Data(base64Encoded: text)))) == ids, "\(text)")
  }
  for pair in kind.pairs {
    let own = tokenizer.encode(pair.first, pair: pair.second)
    #expect(own.tokens.map(\.id) == pair.ids, "\(pair.first), \(pair.second)")
    #expect(own.typeIDs == pair.types, "\(pair.first), \(pair.second)")
  }
}
