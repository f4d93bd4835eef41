import Checkpoints
import Foundation
import Testing

/// `heed prune`: what it writes, and what it refuses.
@Suite struct PruneCommandTests {
  private let prompts = "{\"ids\": [0,5,9,77,5,9,12,13,14,15]}\n{\"ids\": [0,8,3,2,8,3,2]}\n"

  @Test func `importance, masks, curve and checkpoint are written`() throws {
    let folder = try TemporaryFolder()
    try folder.write("p.jsonl", prompts)
    let done = try Shell.heed(
      [
        "prune", "sample:novels", "--prompts", "p.jsonl", "--fraction", "0.25", "--steps", "3",
        "--controls", "2", "--apply", "pruned", "-o", "out",
      ], in: folder.path)
    #expect(done.status == 0, "\(done.errors)")
    #expect(done.text.contains("random loss") && done.text.contains("removed: L"))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out").sorted()
    #expect(
      files == [
        "attn_entropy.npy", "curve.json", "head_importance.npy", "head_mask.npy",
        "heads_to_prune.json",
      ])
    let mask = try folder.text("out/heads_to_prune.json")
    #expect(mask.hasPrefix("{\"") && mask.filter { $0 == "[" }.count >= 1)
    // 48 heads of 8 bytes after a header of 128.
    #expect(try folder.read("out/head_mask.npy").count == 128 + 48 * 8)
    // The checkpoint predicts what the mask says, and --mask judges the same heads.
    let judged = try Shell.heed(
      [
        "prune", "sample:novels", "--prompts", "p.jsonl", "--mask", "out/heads_to_prune.json",
        "--controls", "0", "-o", "again",
      ], in: folder.path)
    #expect(judged.status == 0, "\(judged.errors)")
    #expect(
      judged.text.split(separator: "\n").last == done.text.split(separator: "\n").last)
    let ids = ["--ids", "0,5,9,77,5,9", "--format", "json"]
    let pruned = try Shell.heed(["predict", "pruned"] + ids, in: folder.path).json()
    let heads = try #require(done.text.split(separator: "\n").last?.dropFirst(9))
    let masked = try Shell.heed(
      ["predict", "sample:novels", "--without", String(heads)] + ids, in: folder.path
    ).json()
    let (a, b) = (try #require(pruned["loss"]?.double), try #require(masked["loss"]?.double))
    #expect(abs(a - b) < 1e-5)
    #expect(folder.names == ["again", "out", "p.jsonl", "pruned"])
  }

  @Test(arguments: [
    (["--fraction", "1.5"], 64, "--fraction takes a share above 0 and below 1"),
    (["--fraction", "0.999"], 1, "all 48 heads would be removed"),
    (["--by", "beauty"], 1, "beauty: no such score"),
    (["--mask", "other.json"], 1, "other.json: names L9.H0, but the model has layers 0 to 5"),
    (["--mask", "p.jsonl"], 1, "p.jsonl: found no mask"),
    (["--keep-loss", "much"], 64, "--keep-loss takes a share"),
    (["--apply", "."], 1, "it is there already"),
    (["--stream", "cross"], 1, "llama has no cross stream; leave --stream out"),
    (
      ["--learn", "steps=2"], 1,
      "--learn: found the measure michel, which does not read it, expected one of lofit, voita, duo-learned;"
        + " leave --learn out or choose one with --by"
    ),
    (["--by", "voita", "--target", "#5"], 1, "--target: found the measure voita"),
    (["--apply", "x", "--remove"], 1, "--remove: no loader opens layers of llama"),
    (["--remove"], 64, "--remove says how --apply writes"),
    (["--metric", "logit"], 64, "Unknown option '--metric'"),
  ])
  func `bad input is one line, and nothing is written`(
    options: [String], status: Int, text: String
  ) throws {
    let folder = try TemporaryFolder()
    try folder.write("p.jsonl", prompts)
    try folder.write("other.json", "{\"9\": [0]}")
    let done = try Shell.heed(
      ["prune", "sample:novels", "--prompts", "p.jsonl", "--controls", "0", "-o", "out"] + options,
      in: folder.path)
    #expect(done.status == status)
    #expect(done.errors.contains(text), "\(done.errors)")
    #expect(done.errors.split(separator: "\n").count == 1)
    #expect(folder.names == ["other.json", "p.jsonl"])
  }

  @Test func `prompts that are missing or too long are refused`() throws {
    let folder = try TemporaryFolder()
    try folder.write("empty.txt", "\n\n")
    try folder.write(
      "long.jsonl", "{\"ids\": [\((0..<2100).map(String.init).joined(separator: ","))]}")
    for (file, text) in [
      ("empty.txt", "found no prompts"),
      (
        "long.jsonl",
        "long.jsonl: line 1: the prompt has 2100 tokens, the model's context holds 2048"
      ),
    ] {
      let done = try Shell.heed(
        ["prune", "sample:novels", "--prompts", file, "-o", "out"], in: folder.path)
      #expect(done.status == 1 && done.errors.contains(text), "\(done.errors)")
    }
    #expect(folder.names == ["empty.txt", "long.jsonl"])
  }

  @Test func `a vision model is pruned by the classes of its images`() throws {
    let folder = try TemporaryFolder()
    let images = Repository.path + "/samples/digits/images"
    let lines = (0..<4).map { "{\"image\": \"\(images)/\($0).png\", \"class\": \"\($0)\"}" }
    try folder.write("p.jsonl", lines.joined(separator: "\n"))
    let done = try Shell.heed(
      [
        "prune", "sample:digits", "--prompts", "p.jsonl", "--steps", "2", "--controls", "1", "-o",
        "out",
      ],
      in: folder.path)
    #expect(done.status == 0, "\(done.errors)")
    let first = try #require(done.text.split(separator: "\n").dropFirst().first)
    // Nothing removed: every one of these held-out digits is read right.
    #expect(first.contains("1.0000"))
    try folder.write("wrong.jsonl", "{\"image\": \"\(images)/0.png\", \"class\": \"ten\"}")
    let wrong = try Shell.heed(
      ["prune", "sample:digits", "--prompts", "wrong.jsonl", "-o", "w"], in: folder.path)
    #expect(wrong.status == 1)
    #expect(
      wrong.errors.contains("wrong.jsonl: line 1: found a class that the model does not have"))
  }

  @Test(arguments: ["encoder", "cross"])
  func `heads of every part of an encoder-decoder are pruned`(stream: String) throws {
    let folder = try TemporaryFolder()
    let text = ["predict", "sample:sort", "sort 41 7 93", "--decoder-ids", "0,5,6"]
    // No answer that the model would give: of that it is too sure for a difference.
    let plain = try Shell.heed(text + ["--format", "json"]).json()
    let without = try Shell.heed(
      text + ["--format", "json", "--stream", stream, "--without", "L0,L1"]
    ).json()
    #expect(without["lossBefore"]?.double == plain["loss"]?.double)
    let (a, b) = (try #require(plain["loss"]?.double), try #require(without["loss"]?.double))
    #expect(abs(a - b) > 1e-3)
    // A checkpoint without the heads loses what the mask says.
    try folder.write("mask.json", "{\"0\": [0, 1, 2, 3], \"1\": [0, 1, 2, 3]}")
    try folder.write("texts.txt", "sort 41 7 93\n")
    let applied = try Shell.heed(
      [
        "prune", "sample:sort", "--prompts", "texts.txt", "--stream", stream, "--by",
        "gate-gradient", "--mask", "mask.json", "--controls", "0", "--apply", "pruned", "-o", "out",
      ], in: folder.path)
    #expect(applied.status == 0, "\(applied.errors)")
    let pruned = try Shell.heed(
      ["predict", "pruned"] + text.dropFirst(2) + ["--format", "json"], in: folder.path
    ).json()
    #expect(abs(try #require(pruned["loss"]?.double) - b) < 1e-4)
  }

  @Test func `vectors of another prompt are put in, and what is no place is refused`() throws {
    let start = ["predict", "sample:novels", "--ids", "0,5,9,77,5,9", "--format", "json"]
    let other = ["--from", "#0,5,9,78,5,9"]
    let plain = try Shell.heed(start).json()
    let swapped = try Shell.heed(
      ["predict", "sample:novels", "--ids", "0,5,9,78,5,9", "--format", "json"]).json()
    let whole = try Shell.heed(start + ["--replace", "L6:residual"] + other).json()
    #expect(whole["top"] == swapped["top"] && whole["lossBefore"] == plain["loss"])
    #expect(whole["replace"]?.string == "L6:residual" && whole["into"] == nil)
    let z = try Shell.heed(start + ["--replace", "L3:z@3-5"] + other).json()
    #expect(z["top"] != plain["top"] && z["top"] != swapped["top"])
    let path = try Shell.heed(
      start + ["--replace", "L3:z", "--into", "L5.H1:q"] + other
    ).json()
    #expect(path["into"]?.string == "L5.H1:q" && path["top"] != z["top"])
    let text = try Shell.heed(
      start.dropLast(2) + ["--replace", "L3:z@3", "--into", "L5.H1:q"] + other
    ).text
    #expect(text.contains("with L3:z@3 of the other prompt, into L5.H1:q: "))
    for (options, status, said) in [
      (["--replace", "L3:z"], 64, "give both"), (["--into", "L3:z"], 64, "--into says"),
      (["--replace", "L3:w"] + other, 1, "found no places"),
      (["--replace", "L3:z", "--from", "#0,5"], 1, "the other prompt has 2 tokens there"),
      (["--replace", "L3:z@4", "--from", "#0,5"], 1, "the prompt has tokens 0 to 1"),
    ] {
      let done = try Shell.heed(start + options)
      #expect(done.status == status && done.errors.contains(said), "\(done.errors)")
    }
  }

  @Test func `what a change does stands below what it is held against`() throws {
    let text = try Shell.heed([
      "predict", "sample:novels", "--ids", "0,5,9,77,5,9", "--without", "L5.H1,L2",
    ]).text
    let lines = text.split(separator: "\n").suffix(2)
    let plain = try Shell.heed(["predict", "sample:novels", "--ids", "0,5,9,77,5,9"]).text
    #expect(lines.first == plain.split(separator: "\n").last)
    #expect(lines.last?.hasPrefix("without L5.H1,L2: ") == true && lines.first != lines.last)
  }

  @Test func `edges are cut, and what is no edge is refused`() throws {
    let folder = try TemporaryFolder()
    let ids = ["predict", "sample:novels", "--ids", "0,5,9,77,5,9", "--format", "json"]
    let cut = try Shell.heed(ids + ["--cut", "L0:*>1;L3.H2:4-5>0+5>2"], in: folder.path).json()
    #expect(cut["cut"]?.string == "L0:*>1;L3.H2:4-5>0+5>2")
    let (a, b) = (try #require(cut["loss"]?.double), try #require(cut["lossBefore"]?.double))
    #expect(abs(a - b) > 1e-4)
    for (text, said) in [
      ("L0", "found no edges to cut"), ("L0:x>1", "expected QUERY>KEY"),
      ("L9:1>0", "the model has layers 0 to 5"),
    ] {
      let done = try Shell.heed(ids + ["--cut", text], in: folder.path)
      #expect(done.status == 1 && done.errors.contains(said), "\(done.errors)")
    }
  }

  @Test func `patching and learning take their settings, and say what is missing`() throws {
    let folder = try TemporaryFolder()
    let start = ["scores", "sample:novels", "--ids", "0,5,9,77,5,9", "--format", "json"]
    let patched = try Shell.heed(
      start + [
        "--score", "activation-patching", "--corrupt", "#0,5,9,78,5,9", "--target", "#77",
        "--against",
        "#78",
      ], in: folder.path
    ).json()
    #expect(patched["scores"]?["activation-patching"]?["values"]?.array?.count == 6)
    let missing = try Shell.heed(start + ["--score", "attribution-patching"], in: folder.path)
    #expect(missing.text.contains("give the corrupted prompt with --corrupt"))
    let learned = try Shell.heed(
      start + ["--score", "voita", "--learn", "steps=2,seed=3"], in: folder.path)
    #expect(learned.status == 0 && learned.text.contains("voita"))
    for text in ["steps=0", "speed=3", "steps", "rate=-1"] {
      let wrong = try Shell.heed(start + ["--score", "voita", "--learn", text], in: folder.path)
      #expect(wrong.status == 64 && wrong.errors.contains("--learn takes"))
    }
    let metric = try Shell.heed(
      start + ["--score", "michel", "--metric", "logit"], in: folder.path)
    #expect(metric.status == 64 && metric.errors.contains("--metric logit needs --target"))
  }

  @Test func `a logit is what importance is of in every prompt of a file, too`() throws {
    let folder = try TemporaryFolder()
    try folder.write("p.jsonl", prompts)
    func mean(_ options: [String]) throws -> JSON {
      let start = ["scores", "sample:novels", "--prompts", "p.jsonl", "--format", "json"]
      let done = try Shell.heed(start + ["--score", "gate-gradient"] + options, in: folder.path)
      #expect(done.status == 0, "\(done.errors)")
      return try #require(try done.json()["scores"]?["gate-gradient"]?["mean"])
    }
    let logit = try mean(["--metric", "logit", "--target", "#77"])
    #expect(try logit != mean([]))
    #expect(try logit != mean(["--metric", "logit", "--target", "#77", "--against", "#78"]))
  }

  @Test func `a full disk leaves nothing behind, and a folder that is there keeps what it holds`()
    throws
  {
    let folder = try TemporaryFolder()
    try folder.write("p.jsonl", prompts)
    let start = [
      "prune", "sample:novels", "--prompts", "p.jsonl", "--controls", "0", "--steps", "1",
    ]
    // A limit on the size of files fails as a full disk does: the checkpoint's copy does not fit.
    let line = (start + ["--apply", "pruned", "-o", "out"]).joined(separator: " ")
    let full = try Shell.script(
      "trap '' XFSZ; ulimit -f 64; exec \"$heed\" \(line)", in: folder.path)
    #expect(full.status == 1 && full.errors.contains("pruned: cannot be written"), "\(full.errors)")
    #expect(folder.names == ["p.jsonl"])
    try FileManager.default.createDirectory(
      atPath: folder.path + "/out", withIntermediateDirectories: false)
    try folder.write("out/mine.txt", "kept")
    let done = try Shell.heed(start + ["-o", "out"], in: folder.path)
    #expect(done.status == 0, "\(done.errors)")
    #expect(try folder.text("out/mine.txt") == "kept")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out").count == 6)
    #expect(folder.names == ["out", "p.jsonl"])
  }
}
