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
}
