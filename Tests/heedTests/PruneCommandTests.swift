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
    for (file, text) in [("empty.txt", "found no prompts"), ("long.jsonl", "context holds 2048")] {
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
