import Foundation
import Testing

@testable import Tokenizers

/// What the `tokenizers` library says; written by `Fixtures/make_tokenizer_goldens.py`.
struct Golden: Decodable {
  struct Case: Decodable {
    let text: String?
    let bytes: String?
    let ids: [Int]
    let plain: [Int]
    let spans: [[Int]]?
    let decoded: String?

    /// The input.
    var input: [UInt8] {
      text.map { Array($0.utf8) } ?? bytes.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
        ?? []
    }
  }

  struct Pair: Decodable {
    let first, second: String
    let ids: [Int]
  }

  let cases: [Case]
  let pairs: [Pair]

  static let names = ["added", "novels", "prefixed", "sort", "words"]

  static func read(_ name: String) throws -> (golden: Golden, tokenizer: Tokenizer) {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures")
    let data = try Data(contentsOf: fixtures.appendingPathComponent("goldens.json"))
    let all = try JSONDecoder().decode([String: Golden].self, from: data)
    let golden = try #require(all[name])
    if ["novels", "sort"].contains(name) {
      return (golden, try Tokenizer.open(folder: samplesFolder + "/" + name))
    }
    let json = try Data(contentsOf: fixtures.appendingPathComponent(name + ".json"))
    return (golden, try Tokenizer(json: [UInt8](json), file: name + ".json"))
  }
}

@Test(arguments: Golden.names)
func `ids are those of the tokenizers library`(name: String) throws {
  let (golden, tokenizer) = try Golden.read(name)
  for (index, found) in golden.cases.enumerated() {
    let input = found.input
    #expect(
      tokenizer.ids(input) == found.plain, "case \(index): \(found.text ?? found.bytes ?? "")")
    #expect(tokenizer.encode(input).tokens.map(\.id) == found.ids, "case \(index)")
    #expect(
      tokenizer.encode(input, addSpecial: false).tokens.map(\.id) == found.plain, "case \(index)")
  }
}

@Test(arguments: Golden.names)
func `offsets widened to characters are those of the tokenizers library`(name: String) throws {
  let (golden, tokenizer) = try Golden.read(name)
  for (index, found) in golden.cases.enumerated() {
    guard let spans = found.spans else { continue }
    let input = found.input
    let isInside = { (offset: Int) in offset < input.count && input[offset] & 0xC0 == 0x80 }
    let own = tokenizer.encode(input, addSpecial: false).tokens.map { token in
      var (start, end) = (token.start, token.end)
      while isInside(start) { start -= 1 }
      while isInside(end) { end += 1 }
      return [start, end]
    }
    try #require(own.count == spans.count)
    // A space that was put before the text covers nothing of it; the library lets it cover the
    // first character.
    let differing = zip(own, spans).filter { $0 != $1 && $0[0] < $0[1] }
    #expect(differing.isEmpty, "case \(index): \(found.text ?? "")")
  }
}

@Test(arguments: Golden.names)
func `decoded text is that of the tokenizers library`(name: String) throws {
  let (golden, tokenizer) = try Golden.read(name)
  for (index, found) in golden.cases.enumerated() {
    guard let decoded = found.decoded else { continue }
    let own = tokenizer.decode(found.plain)
    // As scalars: equal strings may differ in their normal form.
    #expect(
      Array(String(decoding: own, as: UTF8.self).unicodeScalars) == Array(decoded.unicodeScalars),
      "case \(index)")
  }
}

@Test(arguments: Golden.names)
func `pairs are put together as the tokenizers library does`(name: String) throws {
  let (golden, tokenizer) = try Golden.read(name)
  for pair in golden.pairs {
    let own = tokenizer.encode(pair.first, pair: pair.second)
    #expect(own.tokens.map(\.id) == pair.ids, "\(pair.first), \(pair.second)")
  }
}
