import Foundation
import Testing

@testable import Tokenizers

/// A generator whose texts are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Random bytes, and random texts of many scripts; about half with words that repeat.
private func inputs(seed: UInt64) -> [[UInt8]] {
  var random = SeededGenerator(seed: seed)
  let ranges: [ClosedRange<UInt32>] = [
    0x20...0x7E, 0x61...0x66, 0x09...0x0D, 0x20...0x20, 0xA0...0x2FF, 0x300...0x36F, 0x400...0x52F,
    0x2000...0x206F, 0x3000...0x30FF, 0x4E00...0x9FFF, 0x1F300...0x1FAFF,
  ]
  var inputs: [[UInt8]] = []
  for _ in 0..<60 {
    let count = Int.random(in: 0...200, using: &random)
    inputs.append((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    var text = ""
    for _ in 0..<count {
      guard let range = ranges.randomElement(using: &random),
        let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random))
      else { continue }
      text.unicodeScalars.append(scalar)
    }
    inputs.append(Array(text.utf8))
  }
  return inputs
}

@Test(arguments: ["novels", "added"])
func `byte-level tokens lie side by side and cover the text`(name: String) throws {
  let tokenizer = try Golden.read(name).tokenizer
  for input in inputs(seed: 1) {
    var end = 0
    for token in tokenizer.encode(input, addSpecial: false).tokens {
      #expect(token.start == end)
      end = token.end
    }
    #expect(end == input.count)
  }
}

@Test func `byte-level decoding gives back what was encoded`() throws {
  let tokenizer = try Golden.read("novels").tokenizer
  for input in inputs(seed: 2) {
    let valid = Array(String(decoding: input, as: UTF8.self).utf8)
    #expect(tokenizer.decode(tokenizer.ids(input)) == valid)
    for token in tokenizer.encode(valid, addSpecial: false).tokens {
      #expect(Array(valid[token.start..<token.end]) == token.bytes)
    }
  }
}

@Test func `the heap merges as the scan does`() throws {
  // A word over the scan's limit, against the definition: again and again the earliest merge, the
  // leftmost of equals.
  let tokenizer = try Golden.read("novels").tokenizer
  let json = try Data(contentsOf: URL(fileURLWithPath: samplesFolder + "/novels/tokenizer.json"))
  let tree = try JSONParser.parse([UInt8](json))
  let model = try BPE(
    try #require(try Section(tree, file: "", place: "").section("model")))
  var random = SeededGenerator(seed: 3)
  for count in [49, 50, 64, 200, 1000] {
    let word = (0..<count).map { _ in "etaoinshrdlu".utf8.randomElement(using: &random) ?? 0 }
    var expected = word.map { model.byteTokens[Int($0)] }
    while true {
      let merges = zip(expected, expected.dropFirst()).map { model.pairs.find($0, $1) }
      guard let best = merges.min(), best != PairTable.none, let place = merges.firstIndex(of: best)
      else { break }
      expected.replaceSubrange(place...(place + 1), with: [Int32(truncatingIfNeeded: best)])
    }
    #expect(tokenizer.ids(word) == expected.map { Int($0) })
  }
}

@Test func `invalid bytes are replaced as Swift and Python do`() {
  for input in inputs(seed: 4) {
    let text = Segments(input)
    #expect(text.bytes == Array(String(decoding: input, as: UTF8.self).utf8))
    #expect(text.origin(0) == 0)
    #expect(text.origin(text.bytes.count) == input.count)
  }
}
