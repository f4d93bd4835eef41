import Analysis
import Checkpoints
import Foundation
import Testing

/// The text that most tests run on: 15 tokens, BOS first.
private let mary = "When Mary and John went to the store, John gave a drink to"
private let maryWords = mary.split(separator: " ").map(String.init)

/// Every command but `export` and the explorer, on the sample.
@Suite struct CommandTests {
  @Test func `info says what the sample is`() throws {
    let finished = try Shell.heed(["info", "sample:novels"])
    #expect(finished.status == 0 && finished.errors.isEmpty)
    for text in [
      "llama", "8 of width 32, 4 key/value heads", "256 residual stream", "F16", "4096 tokens",
      "novels/model.safetensors", "weights aside",
    ] {
      #expect(finished.text.contains(text), "no \(text)")
    }
    /// What does not change from one moment to the next.
    func lasting(_ text: String) -> [Substring] {
      text.split(separator: "\n").filter { !$0.hasPrefix("free here") }
    }
    let unnamed = try Shell.heed(["info"]).text
    #expect(lasting(unnamed) == lasting(finished.text), "novels is the default")
  }

  @Test func `info as JSON has the sizes as numbers`() throws {
    let json = try Shell.heed(["info", "sample:novels", "--format", "json", "--tensors"]).json()
    for (key, value) in [
      ("layers", 6), ("heads", 8), ("kvHeads", 4), ("dModel", 256), ("dHead", 32),
      ("vocabularySize", 4096), ("version", 1),
    ] {
      #expect(json[key]?.int == value, "\(key)")
    }
    #expect(json["family"]?.string == "llama")
    let tensors = try #require(json["tensors"]?.array)
    let counts = tensors.map { ($0["shape"]?.numbers ?? []).reduce(1, *) }
    #expect(json["parameters"]?.double == counts.reduce(0, +))
    #expect(json["dtype"]?.keys == ["F16"])
    let memory = try #require(json["memory"]?[0])
    #expect(memory["total"]?.int == (memory["trace"]?.int ?? 0) + (memory["working"]?.int ?? 0))
  }

  @Test func `tokens as JSON keeps the contract`() throws {
    let finished = try Shell.heed(["tokens", "sample:novels", "--format", "json", mary])
    #expect(finished.status == 0 && finished.errors.isEmpty)
    let json = try finished.json()
    #expect(json.keys == ["added", "tokens"])
    #expect(json["added"] == .array([.string("bos")]))
    let tokens = try #require(json["tokens"]?.array)
    #expect(tokens.count == 15)
    for token in tokens { #expect(token.keys == ["end", "id", "piece", "start"]) }
    // The pieces' bytes are the prompt, one after the other.
    let bytes = Array(mary.utf8)
    var place = 0
    for token in tokens.dropFirst() {
      #expect(token["start"]?.int == place)
      place = token["end"]?.int ?? 0
    }
    #expect(place == bytes.count)
    #expect(tokens[0]["start"]?.int == tokens[0]["end"]?.int, "BOS is no part of the text")
    #expect(tokens[2]["piece"]?.string == "ĠMary")
  }

  @Test func `tokens as CSV, TSV and text hold the same ids`() throws {
    let json = try Shell.heed(["tokens", "sample:novels", "--format", "json", mary]).json()
    let ids = (json["tokens"]?.array ?? []).compactMap { $0["id"]?.int }
    let tsv = try Shell.heed(["tokens", "sample:novels", "--format", "tsv", mary])
      .rows(separator: "\t")
    #expect(tsv.first == ["index", "id", "piece", "start", "end"])
    #expect(tsv.dropFirst().map { Int($0[1]) } == ids)
    let csv = try Shell.heed(["tokens", "sample:novels", "--format", "csv", mary]).text
    // The comma is a token, so it stands in quotes.
    #expect(csv.contains(#",",","#))
    let text = try Shell.heed(["tokens", "sample:novels", mary]).text
    #expect(text.hasSuffix("15 tokens; added: bos\n"))
  }

  @Test func `every way to give a prompt gives the same tokens`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("prompt.txt", mary)
    let wanted = try Shell.heed(["tokens", "sample:novels", mary]).text
    #expect(try Shell.heed(["tokens", "sample:novels"] + maryWords).text == wanted)
    #expect(try Shell.heed(["tokens", "sample:novels", "--text", mary]).text == wanted)
    #expect(try Shell.heed(["tokens", "sample:novels", "--file", file]).text == wanted)
    let piped = try Shell.heed(["tokens", "sample:novels", "-"], input: Array(mary.utf8))
    #expect(piped.text == wanted)
  }

  @Test func `a file's text is taken exactly, with its last newline`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("prompt.txt", " to be\n")
    let json = try Shell.heed(["tokens", "--format", "json", "--file", file, "sample:novels"])
      .json()
    #expect(json["tokens"]?.array?.last?["end"]?.int == 7)
  }

  @Test func `ids are taken from the command line and from a file`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("ids", "5, 6\n7\n")
    for ids in ["5,6,7", "@\(file)"] {
      let json = try Shell.heed(["tokens", "sample:novels", "--ids", ids, "--format", "json"])
        .json()
      #expect((json["tokens"]?.array ?? []).compactMap { $0["id"]?.int } == [5, 6, 7])
      #expect(json["added"] == .array([]))
    }
  }

  @Test func `no-special leaves BOS away`() throws {
    let json = try Shell.heed(
      ["tokens", "sample:novels", "--no-special", "--format", "json", mary]
    ).json()
    #expect(json["tokens"]?.array?.count == 14)
    #expect(json["added"] == .array([]))
  }

  @Test func `tokens needs no weights, and an empty text has no tokens`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: Repository.path + "/samples/novels/tokenizer.json",
      toPath: folder.path + "/tokenizer.json")
    let finished = try Shell.heed(
      ["tokens", folder.path, "--no-special", "--text", "", "--format", "json"])
    #expect(finished.status == 0)
    #expect(finished.text == "{\"added\":[],\"tokens\":[]}\n")
  }

  @Test func `predict says Mary, as JSON`() throws {
    let finished = try Shell.heed(["predict", "sample:novels", "--format", "json", mary])
    #expect(finished.status == 0 && finished.errors.isEmpty)
    let json = try finished.json()
    #expect(json.keys == ["loss", "top"])
    let top = try #require(json["top"]?.array)
    #expect(top.count == 10)
    for entry in top { #expect(entry.keys == ["id", "logit", "piece", "probability", "text"]) }
    #expect(top[0]["text"]?.string == " Mary")
    #expect(top[0]["piece"]?.string == "ĠMary")
    // The sample's README: 0.97.
    #expect(abs((top[0]["probability"]?.double ?? 0) - 0.97) < 0.01)
    let probabilities = top.compactMap { $0["probability"]?.double }
    #expect(probabilities == probabilities.sorted(by: >))
    #expect(probabilities.reduce(0, +) <= 1)
    // Logits differ as the logarithms of probabilities do.
    let logits = top.compactMap { $0["logit"]?.double }
    for index in 1..<10 {
      let ratio = log(probabilities[index] / probabilities[0])
      #expect(abs(logits[index] - logits[0] - ratio) < 1e-6)
    }
    #expect((json["loss"]?.double ?? 0) > 0)
  }

  @Test func `predict agrees in single and double precision, and in every format`() throws {
    let words = ["predict", "sample:novels", "--top", "3", mary]
    let single = try Shell.heed(words + ["--format", "json"]).json()
    let double = try Shell.heed(words + ["--format", "json", "--precision", "f64"]).json()
    let keys: [(JSON) -> Double] = [
      { $0["loss"]?.double ?? .nan }, { $0["top"]?[0]?["logit"]?.double ?? .nan },
    ]
    // 3e-5 of the largest logit, which is below 30.
    for key in keys { #expect(abs(key(single) - key(double)) < 1e-3) }
    let rows = try Shell.heed(words + ["--format", "tsv"]).rows(separator: "\t")
    #expect(rows.first == ["id", "piece", "text", "probability", "logit"])
    #expect(rows.count == 4)
    let text = try Shell.heed(words).text
    #expect(text.contains("\" Mary\"\n"))
    #expect(text.contains("loss on the prompt: "))
  }

  @Test func `the loss of a prompt of one token is null`() throws {
    let words = ["predict", "sample:novels", "--ids", "0"]
    #expect(try Shell.heed(words + ["--format", "json"]).json()["loss"] == .null)
    #expect(try Shell.heed(words).text.hasSuffix("loss on the prompt: ·\n"))
  }

  @Test func `scores as JSON keeps the contract`() throws {
    let words = [
      "scores", "sample:novels", "--score", "entropy,first,previous", "--format", "json",
    ]
    let json = try Shell.heed(words + [mary]).json()
    #expect(json["model"]?.string == "novels")
    #expect(json["tokens"]?.array?.count == 15)
    #expect(json["scores"]?.keys == ["entropy", "first", "previous"])
    for (name, unit) in [("entropy", "nats"), ("first", "share"), ("previous", "share")] {
      let score = try #require(json["scores"]?[name])
      #expect(score.keys == ["unit", "values"])
      #expect(score["unit"]?.string == unit)
      #expect(score["values"]?.sizes == [6, 8])
    }
  }

  @Test func `scores as CSV and NumPy's array agree with JSON`() throws {
    let words = ["scores", "sample:novels", "--score", "previous", mary, "--format"]
    let json = try Shell.heed(words + ["json"]).json()
    let wanted = try #require(json["scores"]?["previous"]?["values"]?.numbers)
    let array = try NumPyFile(Shell.heed(words + ["npy"]).output)
    #expect(array.type == "<f8")
    #expect(array.shape == [6, 8])
    #expect(array.values == wanted)
    let rows = try Shell.heed(words + ["csv"]).rows(separator: ",")
    #expect(rows.first == ["layer", "head", "previous"])
    #expect(rows.dropFirst().map { Double($0[2]) } == wanted)
    #expect(rows.last?.prefix(2) == ["5", "7"])
  }

  @Test func `an undefined score is null in JSON, a dot in text, nothing in CSV`() throws {
    let words = ["scores", "sample:novels", "--score", "previous", "--ids", "0", "--format"]
    let json = try Shell.heed(words + ["json"]).json()
    #expect(json["scores"]?["previous"]?["values"]?[0]?[0] == .null)
    #expect(try Shell.heed(words + ["text"]).text.contains("·"))
    #expect(try Shell.heed(words + ["csv"]).text.contains("\n0,0,\n"))
  }

  @Test func `every score is listed with unit, formula and source`() throws {
    let finished = try Shell.heed(["scores", "--list"])
    #expect(finished.status == 0)
    for score in HeadScores.all {
      let line = finished.text.split(separator: "\n").first { $0.hasPrefix(score.name + " ") }
      for text in [score.unit, score.formula, score.source] {
        #expect(line?.contains(text) == true, "\(score.name): no \(text)")
      }
    }
  }

  @Test func `samples lists novels and where it lies`() throws {
    let json = try Shell.heed(["samples", "--format", "json"]).json()
    let novels = json.array?.first { $0["name"]?.string == "sample:novels" }
    let folder = try #require(novels?["folder"]?.string)
    #expect(FileManager.default.fileExists(atPath: folder + "/model.safetensors"))
    #expect(try Shell.heed(["samples"]).text.contains(folder))
  }

  @Test func `HEED_SAMPLES says where the samples lie`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/novels", withDestinationPath: Repository.path + "/samples/novels")
    let environment = ["HEED_SAMPLES": folder.path]
    let finished = try Shell.heed(["samples", "--format", "json"], environment: environment)
    #expect(try finished.json().array?.count == 1)
    #expect(finished.text.contains(folder.path + "/novels"))
    #expect(try Shell.heed(["info"], environment: environment).status == 0)
    expectRefusal(
      try Shell.heed(["info"], environment: ["HEED_SAMPLES": "/nowhere"]),
      "samples: found none in /nowhere; set HEED_SAMPLES to their folder")
  }

  @Test func `bench as JSON keeps the contract`() throws {
    let finished = try Shell.heed(
      ["bench", "--repeats", "1", "--format", "json", "--ids", "0,5,6,7"])
    #expect(finished.status == 0 && finished.errors.isEmpty)
    let json = try finished.json()
    for key in ["machine", "peakBytes", "stages", "tokens"] { #expect(json[key] != nil, "\(key)") }
    #expect(json["tokens"]?.int == 4)
    #expect((json["peakBytes"]?.int ?? 0) > 1 << 20)
    let stages = try #require(json["stages"]?.array)
    let forward = try #require(stages.first { $0["name"]?.string == "forward" })
    #expect((forward["seconds"]?.double ?? 0) > 0)
    #expect((forward["gflops"]?.double ?? 0) > 0)
    #expect(stages.allSatisfy { ($0["seconds"]?.double ?? -1) >= 0 })
    #expect(
      stages.compactMap { $0["name"]?.string } == [
        "load", "tokenise", "forward", "scores", "map", "coarse", "pooled", "frame", "logits",
        "ablation", "backward",
      ])
    #expect((json["peakGflops"]?.double ?? 0) > 0)
    #expect(json["precision"]?.string == "f32")
    let short = try Shell.heed(
      ["bench", "--repeats", "1", "--until", "forward", "--format", "json", "--ids", "0,5,6,7"])
    #expect(try short.json()["stages"]?.array?.count == 3)
  }

  @Test func `output goes to a file that is whole, and minus is standard output`() throws {
    let folder = try TemporaryFolder()
    let words = ["tokens", "sample:novels", mary]
    let wanted = try Shell.heed(words).text
    #expect(try Shell.heed(words + ["-o", "-"]).text == wanted)
    #expect(try Shell.heed(words + ["-o", "out.txt"], in: folder.path).text.isEmpty)
    #expect(try folder.text("out.txt") == wanted)
    #expect(folder.names == ["out.txt"])
  }
}
