import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// Every decoder family and its variants against Hugging Face's eager attention, on the checkpoints of
/// `Fixtures/families`.
///
/// Tolerances as in `ParityTests`: 1e-5 in a map, 3e-5 of the largest logit. Residual streams: 3e-5 of the
/// largest number.
@Suite struct FamilyParityTests {
  static let folder = Reference.folder.appendingPathComponent("families")
  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

  @Test(arguments: names)
  func `every map and logit agrees on oneDNN`(name: String) throws {
    try compare(name, OneDNNKernels.self)
  }

  @Test(arguments: names)
  func `every map and logit agrees on the plain kernels in double precision`(
    name: String
  ) throws {
    try compare(name, PlainKernels<Double>.self)
  }

  private func compare<K: Kernels>(_ name: String, _: K.Type) throws {
    let folder = Self.folder.appendingPathComponent(name)
    let model = try Model(Checkpoint.open(folder.path))
    #expect(model.warnings == [])
    let file = try SafetensorsFile(path: folder.appendingPathComponent("expected.safetensors").path)
    func expected(_ tensor: String) throws -> StoredTensor {
      try #require(file.tensors.first { $0.name == tensor })
    }
    func numbers(_ tensor: String) throws -> Tensor<Double> {
      try #require(expected(tensor).widened(to: Double.self))
    }
    let prompt = Prompt(ids: try expected("ids").integers())
    let trace = try model.run(prompt, on: K.self)
    #expect(trace.allMaps.maxDifference(to: try numbers("attention")) < 1e-5)
    let residuals = try numbers("hidden_states")
    #expect(trace.stackedResiduals.maxDifference(to: residuals) < 3e-5 * residuals.largest)
    let logits = try model.logits(trace, positions: 0..<prompt.seq)
    let wanted = try numbers("logits")
    #expect(logits.maxDifference(to: wanted) < 3e-5 * wanted.largest)
  }

  @Test func `every family has a fixture`() throws {
    let fixtures = Self.folder.deletingLastPathComponent()
    let types = try ["families", "encoders"].flatMap { part in
      let folder = fixtures.appendingPathComponent(part)
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).map { name in
        let path = folder.appendingPathComponent("\(name)/config.json").path
        return try JSON.read(path)["model_type"]?.string ?? ""
      }
    }
    // gpt2 has its own in `ParityTests`; gemma3 is gemma3_text inside, see `ConfigTests`.
    let elsewhere: Set = ["gpt2", "gemma3"]
    let missing = Set(Families.modelTypes).subtracting(types).subtracting(elsewhere)
    #expect(missing.isEmpty)
  }
}
