import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// Gradients of every family and its variants against PyTorch's autograd, on the checkpoints of
/// `Fixtures/families` and `Fixtures/encoders`.
///
/// Tolerances are parts of the largest number of a tensor: 2e-5 in double precision, where Hugging Face
/// still goes through float32 in a few places, and 1e-4 on oneDNN.
@Suite struct GradientParityTests {
  static let families = names("families")
  static let encoders = names("encoders")

  /// The checkpoints of a folder that have gradients beside them.
  private static func names(_ part: String) -> [String] {
    let folder = Reference.folder.appendingPathComponent(part)
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { name in
      FileManager.default.fileExists(
        atPath: folder.appendingPathComponent("\(name)/gradients.safetensors").path)
    }.sorted()
  }

  private func wanted(_ folder: URL) throws -> [String: Tensor<Double>] {
    let file = try SafetensorsFile(
      path: folder.appendingPathComponent("gradients.safetensors").path)
    return try Dictionary(
      uniqueKeysWithValues: file.tensors.map {
        ($0.name, try #require($0.widened(to: Double.self)))
      })
  }

  @Test(arguments: families)
  func `the gradients of a decoder are autograd's`(name: String) throws {
    let folder = FamilyParityTests.folder.appendingPathComponent(name)
    let model = try Model(Checkpoint.open(folder.path))
    let file = try SafetensorsFile(path: folder.appendingPathComponent("expected.safetensors").path)
    let ids = try #require(file.tensors.first { $0.name == "ids" }).integers()
    let prompt = Prompt(ids: ids)
    let wanted = try wanted(folder)
    let objective = Objective.nextTokenLoss(prompt)
    try compare(model, prompt, objective, wanted, PlainKernels<Double>.self, tolerance: 2e-5)
    try compare(model, prompt, objective, wanted, OneDNNKernels.self, tolerance: 1e-4)
  }

  @Test(arguments: encoders)
  func `the gradients of what is no decoder are autograd's`(name: String) throws {
    let reference = try EncoderReference(name)
    let (model, prompt) = (reference.model, try reference.prompt())
    let wanted = try wanted(Reference.folder.appendingPathComponent("encoders/\(name)"))
    let objective: Objective
    if model.plan.head.isOfClasses {
      objective = .classLoss(2)
    } else if model.plan.blocks.allSatisfy(\.attention.mask.isCausal) {
      objective = .nextTokenLoss(
        prompt.decoder.isEmpty ? prompt : Prompt(tokens: prompt.decoder))
    } else {
      objective = .loss([.init(position: 2, id: 7), .init(position: 5, id: 30)])
    }
    try compare(model, prompt, objective, wanted, PlainKernels<Double>.self, tolerance: 2e-5)
    try compare(model, prompt, objective, wanted, OneDNNKernels.self, tolerance: 1e-4)
  }

  private func compare<K: Kernels>(
    _ model: Model, _ prompt: Prompt, _ objective: Objective, _ wanted: [String: Tensor<Double>],
    _: K.Type, tolerance: Double
  ) throws {
    let trace = try model.run(prompt, on: K.self)
    let gradients = try model.gradients(of: objective, trace, on: K.self)
    let loss = try #require(wanted["loss"])[0]
    #expect(abs(gradients.value - loss) < tolerance * loss)
    let isSingle = wanted["gate"] != nil
    #expect(isSingle == (trace.streamNames == [.decoder]))
    for stream in trace.streamNames {
      let prefix = isSingle ? "" : "\(stream.rawValue)."
      let own = try #require(gradients.stream(stream))
      func expect(_ part: String, _ numbers: [K.Element]) throws {
        let expected = try #require(wanted[prefix + part])
        let difference = Tensor(numbers, shape: expected.shape).maxDifference(to: expected)
        #expect(difference < tolerance * expected.largest, "\(stream) \(part): \(difference)")
      }
      let heads = own.trace.plan.allHeads
      try expect("gate", heads.map { K.Element(own.gate($0)) })
      try expect("z", heads.flatMap { own.weightedValues($0).copied.elements })
      if stream != .cross { try expect("residual", own.residuals.flatMap(\.elements)) }
    }
  }

  @Test func `every family that has an output has gradients`() {
    let missing = Set(FamilyParityTests.names).subtracting(Self.families)
    #expect(missing == ["gpt_oss-mxfp4"])
    #expect(Self.encoders.count == 26)
  }
}
