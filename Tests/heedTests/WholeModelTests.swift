import Checkpoints
import Foundation
import Testing

/// Whole checkpoints as people have them, through the command, against what transformers predicts with them;
/// written by `Fixtures/make_whole.py`.
@Suite struct WholeModelTests {
  private let folder = Repository.path + "/Tests/heedTests/Fixtures/"

  private func expected(_ name: String) throws -> JSON {
    try JSON.read("\(folder)\(name)/expected.json")
  }

  /// heed's JSON of a prediction, which has to succeed.
  private func predict(_ name: String, _ arguments: [String]) throws -> (json: JSON, errors: String)
  {
    let finished = try Shell.heed(
      ["predict", folder + name, "--top", "5", "--format", "json"] + arguments)
    #expect(finished.status == 0, "\(finished.errors)")
    return (try finished.json(), finished.errors)
  }

  /// Compares candidates with `[id, logit]` pairs.
  ///
  /// - Parameter tolerance: Of a logit; 1e-4 is float32's on such models, pixels that were resized may be
  ///   1/255 off.
  private func expectSame(_ top: JSON?, _ expected: JSON?, tolerance: Double = 1e-4) throws {
    let (own, wanted) = (try #require(top?.array), try #require(expected?.array))
    #expect(own.count == wanted.count)
    for (candidate, pair) in zip(own, wanted) {
      #expect(candidate["id"]?.int == pair[0]?.int)
      let (a, b) = (try #require(candidate["logit"]?.double), try #require(pair[1]?.double))
      #expect(abs(a - b) < tolerance)
    }
  }

  private func ids(_ name: String, _ arguments: [String]) throws -> [Int] {
    let tokens = try Shell.heed(["tokens", folder + name, "--format", "json"] + arguments).json()
    return try #require(tokens["tokens"]?.array?.compactMap { $0["id"]?.int })
  }

  @Test func `a RoBERTa in a .bin with more words than its configuration says fills its mask`()
    throws
  {
    let expected = try expected("roberta-bin")
    let text = try #require(expected["text"]?.string)
    #expect(try ids("roberta-bin", [text]) == expected["ids"]?.array?.compactMap(\.int))
    let (json, errors) = try predict("roberta-bin", [text])
    try expectSame(json["top"], expected["top"])
    #expect(errors.contains("vocab_size is 330, the token embedding has 333 rows"))
  }

  @Test func `a BERT with a head and a tokenizer fills its mask`() throws {
    let expected = try expected("bert-mask")
    let text = try #require(expected["text"]?.string)
    #expect(try ids("bert-mask", [text]) == expected["ids"]?.array?.compactMap(\.int))
    try expectSame(predict("bert-mask", [text]).json["top"], expected["top"])
    let refused = try Shell.heed(["predict", folder + "bert-mask", "no mask here"])
    #expect(refused.status == 1 && refused.errors.contains("write [MASK] where"))
  }

  @Test(arguments: ["plain", "chat"])
  func `a text with an image is answered, through the chat template too`(kind: String) throws {
    let expected = try expected("llava")
    let text = try #require(expected["text"]?.string)
    let image = ["--image", "\(folder)llava/picture.png"] + (kind == "chat" ? ["--chat"] : [])
    try expectSame(
      predict("llava", image + ["--text", text]).json["top"], expected[kind]?["top"],
      tolerance: 0.03)
    let maps = try Shell.heed(
      ["snapshot", folder + "llava", "--view", "tokens", "--size", "100x30"] + image
        + ["--text", text])
    #expect(maps.status == 0, "\(maps.errors)")
  }

  @Test func `a GGUF file alone answers a chat by the template in its metadata`() throws {
    let expected = try expected("chat-gguf")
    let text = try #require(expected["text"]?.string)
    let chat = ["--chat", "--text", text]
    #expect(try ids("chat-gguf/model.gguf", chat) == expected["ids"]?.array?.compactMap(\.int))
    try expectSame(predict("chat-gguf/model.gguf", chat).json["top"], expected["top"])
  }

  @Test func `the maps of a pair are cut to its four quarters`() throws {
    let given = [folder + "bert-mask", "the quick fox", "--pair", "a brown dog", "--layer", "1"]
    func map(_ more: String...) throws -> NumPyFile {
      let finished = try Shell.heed(["export"] + given + more)
      #expect(finished.status == 0, "\(finished.errors)")
      return try NumPyFile(finished.output)
    }
    let whole = try map()
    let quarters = try ["A->A", "A->B", "B->A", "B->B"].map { try map("--lens", "only=\($0)") }
    #expect(quarters.allSatisfy { $0.shape == whole.shape })
    for (place, weight) in whole.values.enumerated() {
      let kept = quarters.map { $0.values[place] }.filter { $0 != 0 }
      #expect(kept.isEmpty || kept == [weight])
    }
    let scores = try Shell.heed(
      ["scores"] + given.prefix(4) + ["--score", "span-pair", "--format", "json"]
    ).json()
    let second = scores["scores"]?["span-pair:A->B"]?["values"]?.array?[1].array?[0].double
    let row = quarters[1].values.prefix(quarters[1].values.count / whole.shape[0])
    #expect(abs((second ?? .nan) - row.reduce(0) { $0 + Double($1) } / 3) < 1e-6)
    // Three words of each text, [CLS] and two [SEP] aside.
    let seq = whole.shape[1]
    let tokens = try Shell.heed(["tokens"] + given.prefix(4) + ["--format", "json"]).json()
    let own = try #require(tokens["tokens"]?.array).filter { $0["start"]?.int != $0["end"]?.int }
    let count = quarters.reduce(0) { $0 + $1.values.count { $0 != 0 } }
    #expect(count == whole.shape[0] * own.count * own.count && own.count == seq - 3)
    for command in [["export"], ["snapshot", "--view", "map"]] {
      let refused = try Shell.heed(command + given + ["--lens", "only=A->C"])
      #expect(refused.status == 1)
      #expect(refused.errors.contains("the prompt has only A->A, A->B, B->A, B->B"))
    }
  }

  @Test(arguments: ["clip", "siglip"])
  func `each line of a text is compared with an image`(name: String) throws {
    let expected = try expected(name)
    let captions = expected["captions"]?.array?.compactMap(\.string) ?? []
    let logits = expected["logits"]?.array?.compactMap(\.double) ?? []
    let arguments = [
      "--image", "\(folder)\(name)/picture.png", "--text", captions.joined(separator: "\n"),
    ]
    let top = try #require(try predict(name, arguments).json["top"]?.array)
    #expect(top.count == captions.count && top.count == logits.count)
    try #require(top.count == 3)
    for candidate in top {
      let index = try #require(candidate["id"]?.int)
      #expect(candidate["text"]?.string == captions[index])
      // What a pixel that is 1/255 off changes.
      #expect(abs((candidate["logit"]?.double ?? .nan) - logits[index]) < 0.03)
    }
    let all = top.compactMap { $0["probability"]?.double }
    #expect(all == all.sorted(by: >))
    let sum = all.reduce(0, +)
    #expect(name == "clip" ? abs(sum - 1) < 1e-6 : sum > 1)
  }

  @Test func `a comparison without an image, or without a text, says what is missing`() throws {
    let alone = try Shell.heed(["predict", folder + "clip", "a cat"])
    #expect(alone.status == 1 && alone.errors.contains("give one with --image FILE"))
    let silent = try Shell.heed(
      ["predict", folder + "clip", "--image", "\(folder)clip/picture.png"])
    #expect(silent.status == 1 && silent.errorLines.count == 1)
  }
}
