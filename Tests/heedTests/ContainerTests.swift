import Checkpoints
import Foundation
import Testing

/// Models that are no folder of safetensors files.
@Suite struct ContainerTests {
  private static let gguf = Repository.path + "/Tests/ModelsTests/Fixtures/gguf/llama-full.gguf"

  @Test func `a GGUF file predicts what its safetensors original does`() throws {
    let original = Repository.path + "/Tests/ModelsTests/Fixtures/llama-full"
    let arguments = ["--ids", "1,2,3,4", "--top", "3", "--format", "json"]
    let a = try Shell.heed(["predict", Self.gguf] + arguments).json()
    let b = try Shell.heed(["predict", original] + arguments).json()
    for i in 0..<3 {
      let (left, right) = (a["top"]?[i], b["top"]?[i])
      #expect(left?["id"]?.int == right?["id"]?.int)
      let difference = (left?["logit"]?.double ?? 0) - (right?["logit"]?.double ?? 1)
      #expect(abs(difference) < 1e-4)
    }
  }

  @Test func `models lists the samples and the cache, and what is missing of a download`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/heed-cache-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, files) in [("models--a--whole", true), ("models--a--half", false)] {
      let home = "\(folder)/\(name)"
      let snapshot = "\(home)/snapshots/0123"
      for part in [snapshot, "\(home)/refs"] {
        try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: true)
      }
      try "0123".write(toFile: "\(home)/refs/main", atomically: true, encoding: .utf8)
      let original = Repository.path + "/Tests/ModelsTests/Fixtures/gpt2-standard/"
      for file in ["config.json"] + (files ? ["model.safetensors"] : []) {
        try FileManager.default.copyItem(atPath: original + file, toPath: "\(snapshot)/\(file)")
      }
      if !files {
        try FileManager.default.createSymbolicLink(
          atPath: "\(snapshot)/model.safetensors", withDestinationPath: "../../blobs/gone")
      }
    }
    let environment = ["HF_HUB_CACHE": folder]
    let list = try Shell.heed(["models"], environment: environment).text
    #expect(list.contains("sample:novels") && list.contains("a/whole"))
    let half = try #require(list.split(separator: "\n").first { $0.hasPrefix("a/half") })
    #expect(half.contains("incomplete: "))

    let whole = try Shell.heed(
      ["predict", "a/whole", "--ids", "1,2", "--top", "1"], environment: environment)
    #expect(whole.status == 0, "\(whole.errors)")
    let refused = try Shell.heed(["info", "a/half"], environment: environment)
    #expect(refused.status == 1 && refused.errorLines.count == 1)
  }

  @Test func `an adapter folder without an adapter is refused in one line`() throws {
    let finished = try Shell.heed(["info", "sample:novels", "--adapter", "/nowhere"])
    #expect(finished.status == 1 && finished.errorLines.count == 1)
    #expect(finished.errors.hasPrefix("heed: error: /nowhere"))
  }
}
