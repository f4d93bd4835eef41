import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// Runs of many variants at once.
@Suite struct VariantTests {
  @Test(arguments: Reference.tiny)
  func `the loss without every head is the reference's, before the projection`(
    name: String
  ) throws {
    let reference = try Reference(name)
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let expected = try Reference.importance(name)
    guard model.hasOutputHead else { return }
    let variants = model.plan.allHeads.map { [Intervention.zero($0)] }
    let wanted = try #require(expected["ablation"])
    let double = try model.losses(of: variants, base: try model.run(prompt, as: Double.self))
    let single = try model.losses(of: variants, base: try model.run(prompt, as: Float.self))
    for (index, loss) in wanted.elements.enumerated() {
      // The reference goes through float32 in a few places.
      #expect(abs(double[index] - loss) < 3e-6 * loss, "\(model.plan.allHeads[index])")
      #expect(abs(single[index] - loss) < 1e-5 * loss, "\(model.plan.allHeads[index])")
    }
    // Cutting columns out of the attention's output, where heads are mixed, is something else.
    if let after = expected["after"] {
      for (a, b) in zip(after.elements, double) { #expect(abs(a - b) > 1e-3) }
    }
  }

  @Test func `a batch gives what each variant gives alone`() throws {
    let reference = try Reference("llama-grouped")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let base = try model.run(prompt, as: Double.self)
    let (a, b) = (HeadIndex(layer: 0, head: 3), HeadIndex(layer: 1, head: 1))
    let other = try model.run(Prompt(ids: prompt.ids.reversed()), as: Double.self)
    let variants: [[Intervention]] = [
      [.zero(b)], [], [.zero(a), .scale(b, by: 2)], [.resample(a, from: other)], [.zero(a)],
      [.mean(b, Array(repeating: 0.25, count: 12)), .zero(HeadIndex(layer: 1, head: 0))],
    ]
    var seen: [Int] = []
    try model.forEachBatch(of: variants, base: base) { indices, residual in
      seen += indices
      for (place, index) in indices.enumerated() {
        let alone = try model.run(prompt, as: Double.self, interventions: variants[index])
        let part = residual.matrix.rows(place * 17..<(place + 1) * 17).copied
        #expect(part == alone.residuals[2], "variant \(index)")
      }
    }
    #expect(seen.sorted() == Array(0..<6))
    let losses = try model.losses(of: variants, base: base)
    let loss = try model.losses(base)
    #expect(abs(losses[1] - loss.reduce(0, +) / 16) < 1e-12)
  }

  @Test func `progress ends a sweep, and other interventions are refused`() throws {
    struct Stop: Error {}
    let model = try Reference("llama-grouped").model
    let base = try model.run(Prompt(ids: [1, 2, 3]), as: Float.self)
    let variants = model.plan.allHeads.map { [Intervention.zero($0)] }
    var shares: [Double] = []
    _ = try model.losses(of: variants, base: base) { shares.append($0) }
    #expect(shares.first == 0 && shares.last == 1 && shares == shares.sorted())
    #expect(throws: Stop.self) {
      _ = try model.losses(of: variants, base: base) { if $0 > 0 { throw Stop() } }
    }
    #expect(throws: ModelError.interventionNotBatched(layer: 0)) {
      let values = Tensor<Double>(repeating: 0, shape: [1, 12])
      _ = try model.losses(
        of: [[.replace(.keys(HeadIndex(layer: 0, head: 0)), positions: nil, values: values)]],
        base: base)
    }
    let one = try model.run(Prompt(ids: [1]), as: Float.self)
    #expect(try model.losses(of: variants, base: one).allSatisfy(\.isNaN))
  }
}

extension Reference {
  /// What `make_importance.py` computed, by name; empty for a fixture without it.
  static func importance(_ name: String) throws -> [String: Tensor<Double>] {
    let path = folder.appendingPathComponent("\(name)/importance.safetensors").path
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    return try Dictionary(
      uniqueKeysWithValues: SafetensorsFile(path: path).tensors.map {
        ($0.name, try #require($0.widened(to: Double.self)))
      })
  }
}
