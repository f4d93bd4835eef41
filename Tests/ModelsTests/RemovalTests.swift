import Foundation
import Tensors
import Testing

@testable import Checkpoints
@testable import Models

/// Heads that are not in a checkpoint at all, against what transformers 4 writes and computes.
@Suite struct RemovalTests {
  static let families = ["gpt2", "bert", "distilbert", "vit", "dinov2"]
  private static let removed: Set<HeadIndex> = [
    HeadIndex(layer: 0, head: 1), HeadIndex(layer: 1, head: 0), HeadIndex(layer: 1, head: 3),
  ]

  private func folder(_ name: String, _ part: String) -> String {
    Reference.folder.appendingPathComponent("pruned/\(name)/\(part)").path
  }

  private func expected(_ name: String) throws -> (
    prompt: (Model) throws -> Prompt, logits: Tensor<Double>
  ) {
    let file = try SafetensorsFile(path: folder(name, "expected.safetensors"))
    func tensor(_ name: String) -> StoredTensor? { file.tensors.first { $0.name == name } }
    let logits = try #require(tensor("logits")?.widened(to: Double.self))
    return (
      { model in
        if let ids = tensor("ids") { return Prompt(ids: ids.integers()) }
        let pixels = try #require(tensor("pixel_values")?.widened(to: Float.self))
        return try Prompt(image: pixels, for: model.plan)
      }, logits
    )
  }

  private func logits(_ model: Model, _ trace: Trace<Double>) throws -> Tensor<Double> {
    model.plan.head.isOfClasses
      ? try model.classLogits(trace) : try model.logits(trace, positions: 0..<trace.seq)
  }

  @Test(arguments: families)
  func `a pruned checkpoint gives the logits of transformers 4, and those of the mask`(
    name: String
  ) throws {
    let pruned = try Model(Checkpoint.open(folder(name, "pruned")))
    let whole = try Model(Checkpoint.open(folder(name, "whole")))
    let (prompt, wanted) = try expected(name)
    let found = try logits(pruned, pruned.run(prompt(pruned), as: Double.self))
    #expect(found.maxDifference(to: wanted) < 1e-6 * wanted.largest)
    let masked = try whole.run(
      prompt(whole), as: Double.self, interventions: Self.removed.map(Intervention.zero))
    #expect(try logits(whole, masked).maxDifference(to: wanted) < 1e-6 * wanted.largest)
    // Heads keep their numbers; those that are missing write nothing.
    #expect(pruned.plan == whole.plan && pruned.missing.heads == Self.removed)
    let trace = try pruned.run(prompt(pruned), as: Double.self)
    for head in Self.removed {
      #expect(trace.weightedValues(head).copied.elements.allSatisfy { $0 == 0 })
    }
    #expect(
      pruned.warnings.contains(
        "pruned_heads: L0.H1, L1.H0, L1.H3 are not in the checkpoint and stand as zeros"))
  }

  @Test(arguments: families)
  func `what is written has every tensor as transformers 4 writes it`(name: String) throws {
    let checkpoint = try Checkpoint.open(folder(name, "whole"))
    let model = try Model(checkpoint)
    let target = NSTemporaryDirectory() + "heed-removal-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: target) }
    let (cuts, missing) = try model.cuts(of: Self.removed)
    #expect(missing == Self.removed)
    try checkpoint.copy(
      to: target, removing: cuts, prunedHeads: "{\"0\": [1], \"1\": [0, 3]}")
    let (written, wanted) = (
      try Checkpoint.open(target), try Checkpoint.open(folder(name, "pruned"))
    )
    #expect(written.names == wanted.names)
    for name in wanted.names {
      let (a, b) = (try #require(written.tensors[name]), try #require(wanted.tensors[name]))
      #expect(a.shape == b.shape && a.type == b.type, "\(name)")
      #expect(a.widened(to: Float.self) == b.widened(to: Float.self), "\(name)")
    }
    #expect(written.config["pruned_heads"] == wanted.config["pruned_heads"])
    #expect(written.config == wanted.config)
    #expect(written.files.count == checkpoint.files.count)
    #expect(
      try SafetensorsFile(path: written.files[0].path).metadata == ["format": "pt"])
    // Once more, on what is pruned already: the numbers of heads are still those of the whole model.
    let again = try Model(written)
    let more = HeadIndex(layer: 1, head: 2)
    let second = target + "-2"
    defer { try? FileManager.default.removeItem(atPath: second) }
    let (next, all) = try again.cuts(of: [more])
    #expect(all == Self.removed.union([more]))
    try written.copy(
      to: second, removing: next, prunedHeads: "{\"0\": [1], \"1\": [0, 2, 3]}")
    let third = target + "-3"
    defer { try? FileManager.default.removeItem(atPath: third) }
    // Or zeroed there: the same for the model.
    try written.copy(
      to: third, zeroing: again.outputParts(of: [more, HeadIndex(layer: 0, head: 1)]))
    let prompt = try expected(name).prompt(again)
    let mask = try again.run(prompt, as: Double.self, interventions: [.zero(more)])
    for path in [second, third] {
      let run = try Model(Checkpoint.open(path)).run(prompt, as: Double.self)
      let difference = try #require(run.residuals.last).maxDifference(
        to: try #require(mask.residuals.last))
      #expect(difference < 1e-12, "\(path)")
    }
  }

  @Test func `families without such a format, and layers without heads, are refused`() throws {
    let llama = try Reference("llama-grouped").model
    #expect(throws: ModelError.self) { try llama.cuts(of: [HeadIndex(layer: 0, head: 0)]) }
    let model = try Model(Checkpoint.open(folder("gpt2", "pruned")))
    #expect(
      throws: ModelError.headsStay("layer 1 would be left without heads, which no loader opens")
    ) { try model.cuts(of: [HeadIndex(layer: 1, head: 1), HeadIndex(layer: 1, head: 2)]) }
    #expect(
      ModelError.headsStay("why").description
        == "--remove: why; leave --remove out: then the heads' output weights become zero")
    #expect(
      Families.removableTypes == [
        "bert", "deit", "dinov2", "dinov2_with_registers", "distilbert", "electra", "gpt2",
        "roberta", "vit", "xlm-roberta",
      ])
  }

  @Test func `a configuration keeps its text but for the heads`() {
    let mask = "{\"0\": [1]}"
    #expect(
      Checkpoint.settingPrunedHeads(mask, in: "{\n  \"a\": 1e-05\n}")
        == "{\n  \"pruned_heads\": {\"0\": [1]},\n  \"a\": 1e-05\n}")
    for old in ["{}", "null", "{\"0\": [\n 2 ]}"] {
      #expect(
        Checkpoint.settingPrunedHeads(mask, in: "{\"pruned_heads\" : \(old), \"b\": 2}")
          == "{\"pruned_heads\": {\"0\": [1]}, \"b\": 2}")
    }
  }
}
