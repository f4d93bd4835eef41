import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// The repository's folder of samples.
let samplesFolder = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("samples").path

@Test func `the novels sample opens with its tensors and configuration`() throws {
  let checkpoint = try Checkpoint.open(samplesFolder + "/novels")
  #expect(checkpoint.name == "novels")
  #expect(checkpoint.config["num_hidden_layers"]?.int == 6)
  #expect(checkpoint.config["rope_parameters"]?["rope_theta"]?.double == 10000)
  #expect(checkpoint.tensors.count == 56)
  #expect(checkpoint.parameterCount == 5_180_672)
  #expect(checkpoint.tensors["model.embed_tokens.weight"]?.shape == [4096, 256])
  #expect(checkpoint.tensors["model.embed_tokens.weight"]?.type == .float16)
  #expect(checkpoint.files.map(\.bytes) == [10_367_328])
  #expect(checkpoint.unlisted.isEmpty)
}
