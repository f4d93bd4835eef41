import Foundation
import Testing

/// `heed scores` over many prompts, against a control, and with parts of the prompt named.
@Suite struct ScorePromptTests {
  private let scores = ["scores", "sample:novels", "--format", "json", "--score"]

  private func prompts(_ text: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("prompts.jsonl", text)
    return folder
  }

  @Test func `a file of prompts gives mean, deviation, extremes, tags and ranks`() throws {
    let folder = try prompts(
      """
      the old man and the sea
      {"text": "to be or not to be", "tags": ["plays", "short"]}

      {"ids": [0, 5, 9, 77], "tags": ["short"]}

      """)
    let words = scores + ["previous,first", "--prompts", "prompts.jsonl"]
    let json = try Shell.heed(words, in: folder.path).json()
    #expect(json["prompts"]?.int == 3 && json["partial"]?.bool == false)
    let previous = try #require(json["scores"]?["previous"])
    #expect(previous["unit"]?.string == "share" && previous["mean"]?.sizes == [6, 8])
    #expect(previous["tags"]?.keys == ["plays", "plays × short", "short"])
    let single =
      try ["the old man and the sea", "to be or not to be"].map {
        try Shell.heed(scores + ["previous", $0]).json()["scores"]?["previous"]?["values"]?.numbers
      } + [
        Shell.heed(scores + ["previous", "--ids", "0,5,9,77"]).json()["scores"]?["previous"]?[
          "values"]?.numbers
      ]
    let values = try single.map { try #require($0)[22] }
    let mean = values.reduce(0, +) / 3
    #expect(abs((previous["mean"]?.numbers[22] ?? 0) - mean) < 1e-12)
    #expect(previous["minimum"]?.numbers[22] == values.min())
    #expect(previous["maximum"]?.numbers[22] == values.max())
    let ranked = try #require(previous["ranked"]?.array)
    #expect(ranked.count == 48 && ranked[0]["ranks"]?[0]?.int == 1)
    #expect(
      zip(ranked, ranked.dropFirst()).allSatisfy {
        ($0["mean"]?.double ?? 0) >= ($1["mean"]?.double ?? 0)
      })
    let rows = try Shell.heed(
      [
        "scores", "sample:novels", "--format", "csv", "--score", "first", "--prompts",
        "prompts.jsonl",
      ],
      in: folder.path
    ).rows(separator: ",")
    #expect(rows[0].contains("first-deviation") && rows[0].contains("first[plays]"))
    #expect(rows.count == 49)
    let text = try Shell.heed(
      ["scores", "sample:novels", "--score", "first", "--prompts", "prompts.jsonl"], in: folder.path
    )
    #expect(text.text.contains("3 of 3 prompts") && text.text.contains("first [share]"))
  }

  @Test func `an interrupted run is gone on with, and only with the same work`() throws {
    let folder = try prompts("one two three\nfour five six\nseven eight nine\n")
    let words = scores + ["first", "--prompts", "prompts.jsonl", "-o", "out.json"]
    #expect(try Shell.heed(words, in: folder.path).status == 0)
    let whole = try folder.text("out.json")
    // The state that ^C after two prompts leaves: made by scoring the same file cut short.
    let state = """
      {"model":"novels","prompts":"other.jsonl","settings":"","done":2,"total":3,"summaries":[],"reasons":{}}
      """
    try folder.write("out.json.partial", state)
    let again = try Shell.heed(words, in: folder.path)
    #expect(again.errors.contains("it is of other prompts or scores, so everything is done anew"))
    #expect(try folder.text("out.json") == whole)
    #expect(folder.names == ["out.json", "prompts.jsonl"])
  }

  @Test(arguments: [
    ("\n\n", "prompts.jsonl: found no prompts, expected one a line"),
    (
      "{\"tags\": []}",
      "prompts.jsonl: line 1: found neither text nor ids; expected a text, or an object such as {\"text\": \"…\", \"tags\": [\"…\"], \"spans\": {\"topic\": \"…\"}}"
    ),
    (
      "fine\n{\"text\": 5}",
      "prompts.jsonl: line 2: found no object with text or ids, tags and spans; expected a text, or an object such as {\"text\": \"…\", \"tags\": [\"…\"], \"spans\": {\"topic\": \"…\"}}"
    ),
    (
      "{\"text\": \"a b\", \"spans\": {\"x\": \"c\"}}",
      "prompts.jsonl: line 1: found no tokens for the span x; expected a text, or an object such as {\"text\": \"…\", \"tags\": [\"…\"], \"spans\": {\"topic\": \"…\"}}"
    ),
  ])
  func `a file of prompts that cannot be read is refused by line`(
    text: String, error: String
  ) throws {
    let folder = try prompts(text)
    let finished = try Shell.heed(
      scores + ["first", "--prompts", "prompts.jsonl"], in: folder.path)
    expectRefusal(finished, error)
  }

  @Test func `a control stands beside the score, with the difference`() throws {
    let words = scores + ["previous", "--control", "untrained", "to be or not to be"]
    let score = try #require(try Shell.heed(words).json()["scores"]?["previous"])
    let (own, control) = (score["values"]?.numbers ?? [], score["control"]?.numbers ?? [])
    let difference = score["difference"]?.numbers ?? []
    #expect(own.count == 48 && control.count == 48)
    #expect(difference == zip(own, control).map { $0 - $1 })
    // Nearly uniform attention: no head looks back by one token as the trained ones do.
    #expect(control.allSatisfy { $0 < 0.5 } && own.contains { $0 > 0.95 })
  }

  @Test func `parts of a prompt have tables of their own`() throws {
    let folder = try prompts(
      """
      {"text": "The capital of France is", "spans": {"topic": "France", "start": [0, 1]}}
      """)
    let words = scores + ["span-last", "--prompts", "prompts.jsonl"]
    let json = try Shell.heed(words, in: folder.path).json()
    #expect(json["scores"]?.keys == ["span-last:start", "span-last:topic"])
    let none = try Shell.heed(scores + ["span-last", "The capital of France is"]).json()
    #expect(
      none["scores"]?["span-last"]?["reason"]?.string
        == "name a part of the prompt with --span NAME=START..END")
  }

  @Test func `prompts are scored under a rule and against a control`() throws {
    let folder = try prompts("the old man and the sea\nto be or not to be\n")
    let words =
      scores + [
        "self", "--prompts", "prompts.jsonl", "--control", "untrained", "--rule", "window:size=1",
        "--heads", "L2",
      ]
    let json = try Shell.heed(words, in: folder.path).json()
    #expect(json["rule"]?.string == "rule window:size=1,dilation=1 in L2, local")
    let score = try #require(json["scores"]?["self"])
    let (mean, control) = (score["mean"]?.numbers ?? [], score["control"]?.numbers ?? [])
    #expect(mean[16..<24].allSatisfy { abs($0 - 1) < 1e-5 })
    #expect(control[16..<24].allSatisfy { abs($0 - 1) < 1e-5 } && control != mean)
    #expect(score["difference"]?.numbers == zip(mean, control).map { $0 - $1 })
    let text = try Shell.heed(words.filter { $0 != "--format" && $0 != "json" }, in: folder.path)
    #expect(text.text.contains("untrained") && text.text.contains("rule window:size=1"))
  }

  @Test func `heads like one, and rings of patches, have scores`() throws {
    let words = scores + ["head-distance", "to be or not to be"]
    let like = try Shell.heed(words + ["--like", "L4.H4"]).json()["scores"]?["head-distance"]
    #expect(abs(like?["values"]?.numbers[36] ?? 1) < 1e-12)
    let none = try Shell.heed(words).json()["scores"]?["head-distance"]
    #expect(none?["reason"]?.string == "name the head to compare with: --like L5.H1")
    #expect(try Shell.heed(words + ["--like", "L5"]).status == 64)
    let image = ["--image", Repository.path + "/samples/digits/images/3.png", "--score", "k-hop"]
    let digits = ["scores", "sample:digits", "--format", "json"] + image
    var sums = [Double](repeating: 0, count: 16)
    for hops in 0..<8 {
      let values = try Shell.heed(digits + ["--hops", "\(hops)"]).json()["scores"]?["k-hop"]
      for (index, value) in (values?["values"]?.numbers ?? []).enumerated() { sums[index] += value }
    }
    // All rings together are what patches give patches; the rest goes to CLS.
    #expect(sums.allSatisfy { $0 > 0.5 && $0 < 1 })
    let far = try Shell.heed(digits + ["--hops", "9"]).json()["scores"]?["k-hop"]
    #expect(
      far?["reason"]?.string == "--hops 9: patches of this grid are at most 7 apart")
  }

  @Test func `a target's attribution is a difference of logits`() throws {
    let words = scores + ["dla", "When Mary and John went to the store, John gave a drink to"]
    let named = try Shell.heed(words + ["--target", " Mary", "--against", " John"]).json()
    let values = try #require(named["scores"]?["dla"]?["values"]?.numbers)
    // Name movers raise the right name against the other.
    #expect((values.max() ?? 0) > 0.5)
    expectRefusal(
      try Shell.heed(words + ["--target", " Mary and John"]),
      "--target  Mary and John: it is 3 tokens; expected one token as text, or #ID")
    let beyond = try Shell.heed(words + ["--target", "#99999"]).json()["scores"]?["dla"]
    #expect(beyond?["reason"]?.string?.hasPrefix("--target #99999: the model has ") == true)
    #expect(try Shell.heed(words + ["--against", " John"]).status == 64)
  }

  @Test func `a logit is what importance is of, for a file of prompts too`() throws {
    let text = "When Mary and John went to the store, John gave a drink to"
    let folder = try prompts(text + "\n")
    let words = scores + ["gate-gradient", "--metric", "logit", "--target", " Mary"]
    func values(_ more: [String], _ key: String, _ words: [String]) throws -> [Double] {
      let found = try Shell.heed(words + more, in: folder.path).json()["scores"]?["gate-gradient"]
      return try #require(found?[key]?.numbers)
    }
    let single = try values([text], "values", words)
    let many = try values(["--prompts", "prompts.jsonl"], "mean", words)
    #expect(largestDifference(single, many) < 1e-9)
    let loss = try values(
      ["--prompts", "prompts.jsonl"], "mean", scores + ["gate-gradient"])
    #expect(largestDifference(single, loss) > 1e-3)
  }

  @Test func `files of needles, ordinals and gates are read, or refused by line`() throws {
    let folder = try TemporaryFolder()
    try folder.write("needles.jsonl", "{\"prompt\": \"x\", \"answer\": \"y\"}\n")
    try folder.write("ordinals.txt", "one\n")
    try folder.write("gates.tsv", "0.1\t0.2\nx\n")
    for (score, option, file, error) in [
      (
        "retrieval", "--needles", "needles.jsonl",
        "needles.jsonl: line 1: found no needle, expected {\"prompt\": …, \"answer\": …} with the answer standing in the prompt"
      ),
      (
        "successor", "--ordinals", "ordinals.txt",
        "ordinals.txt: line 1: found fewer than two words, expected words in order, separated by commas"
      ),
      (
        "duo-gate", "--gates", "gates.tsv",
        "gates.tsv: line 2: found no row of numbers, expected a gate for each KV head, separated by tabs"
      ),
    ] {
      expectRefusal(try Shell.heed(scores + [score, option, file], in: folder.path), error)
    }
    try folder.write("gates.tsv", "0.1\t0.2\n")
    let refused = try Shell.heed(scores + ["duo-gate", "--gates", "gates.tsv"], in: folder.path)
      .json()
    #expect(
      refused["scores"]?["duo-gate"]?["reason"]?.string
        == "the file has 1 rows of 2 gates, the model 6 layers of 4 KV heads")
    try folder.write("ordinals.txt", "three, four, five\nred, blue\n")
    let found = try Shell.heed(
      scores + ["successor", "--ordinals", "ordinals.txt"], in: folder.path
    ).json()
    #expect(found["scores"]?["successor"]?["reason"] == nil)
  }
}
