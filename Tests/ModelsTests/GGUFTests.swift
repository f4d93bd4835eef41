import Checkpoints
import Tensors
import Testing

@testable import Models

/// The names, the settings, the order of rows and the transposes of a GGUF file are undone.
@Suite struct GGUFTests {
  @Test(arguments: ["gpt2-standard", "llama-full"])
  func `a GGUF file gives the maps and logits of the model it was made from`(name: String) throws {
    let reference = try Reference(name)
    let file = Reference.folder.appendingPathComponent("gguf/\(name).gguf")
    let model = try Model(Checkpoint.open(file.path))
    let prompt = try reference.prompt("p17")
    let trace = try model.run(prompt, as: Float.self)
    #expect(trace.allMaps.maxDifference(to: try reference.expected("p17.f32.attention")) < 1e-5)
    let logits = try model.logits(trace, positions: 0..<prompt.seq)
    let expected = try reference.expected("p17.f32.logits")
    #expect(logits.maxDifference(to: expected) < 3e-5 * expected.largest)
  }

  @Test(arguments: [
    "gemma", "gemma2-gguf", "gemma3-gguf", "llama-llama3", "mixtral", "phi3-long", "qwen2",
    "qwen2_moe", "qwen3", "qwen3_moe",
  ])
  func `a GGUF file gives what the same checkpoint in safetensors gives`(name: String) throws {
    let file = Reference.folder.appendingPathComponent("gguf/\(name).gguf")
    let folder = FamilyParityTests.folder.appendingPathComponent(name)
    let (packed, plain) = (
      try Model(Checkpoint.open(file.path)), try Model(Checkpoint.open(folder.path))
    )
    #expect(packed.warnings == [])
    let prompt = Prompt(ids: (0..<14).map { ($0 * 29 + 5) % 48 })
    let (a, b) = (try packed.run(prompt, as: Float.self), try plain.run(prompt, as: Float.self))
    #expect(a.allMaps.maxDifference(to: b.allMaps) < 1e-5)
    let logits = try plain.logits(b, positions: 0..<14)
    #expect(
      try packed.logits(a, positions: 0..<14).maxDifference(to: logits) < 3e-5 * logits.largest)
  }

  @Test func `a BERT as a GGUF file gives the maps of the model it was made from`() throws {
    let reference = try EncoderReference("bert")
    let file = Reference.folder.appendingPathComponent("gguf/bert.gguf")
    let model = try Model(Checkpoint.open(file.path))
    #expect(model.warnings.filter { $0.contains("not used") } == [])
    // The file has no room for what predicts a masked token.
    #expect(!model.hasOutputHead)
    let trace = try model.run(reference.prompt(), as: Float.self)
    #expect(trace.allMaps.maxDifference(to: try reference.expected("attention")) < 1e-5)
  }
}
