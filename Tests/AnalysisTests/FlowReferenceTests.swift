import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Flows, relevance and weighted maps of whole runs, against the papers' formulas in PyTorch
/// (`Fixtures/make_flows.py`).
@Suite struct FlowReferenceTests {
  /// A checkpoint's run in double precision, and what the reference makes of it.
  private struct Case {
    let model: Model
    let trace: Trace<Double>
    let expected: JSON
    /// Hugging Face's Llama goes through single precision; GPT-2 does not, and nine decimals are written.
    let tolerance: Double

    init(_ name: String) throws {
      let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      let folder = tests.deletingLastPathComponent().path + "/ModelsTests/Fixtures/\(name)"
      model = try Model(Checkpoint.open(folder))
      let file = try SafetensorsFile(path: folder + "/expected.safetensors")
      let ids = try #require(file.tensors.first { $0.name == "p17.ids" }).integers()
      trace = try model.run(Prompt(ids: ids), as: Double.self)
      let json = try JSON.read(tests.path + "/Fixtures/flows.json")
      expected = try #require(json[name])
      tolerance = name.hasPrefix("gpt2") ? 1e-8 : 2e-5
    }

    func difference(_ found: Tensor<Double>?, _ key: String) throws -> Double {
      let numbers = try #require(expected[key]?.array).compactMap(\.double)
      let own = try #require(found).elements
      #expect(own.count == numbers.count && numbers.contains { $0 > 0.01 })
      return zip(own, numbers).map { abs($0 - $1) }.max() ?? .infinity
    }
  }

  private static let names = ["gpt2-standard", "llama-grouped"]

  @Test(arguments: names) func `relevance is that of PyTorch's gradients`(name: String) throws {
    let own = try Case(name)
    let found = try ChefersRelevance.ofPrediction(own.model, own.trace)
    #expect(try own.difference(found, "relevance") < own.tolerance)
  }

  @Test(arguments: names) func `rollout and regularised flow are the papers'`(name: String) throws {
    let own = try Case(name)
    // Maps are handed out in single precision.
    let means = try AttentionFlow.meanMaps(own.trace)
    #expect(try own.difference(AttentionFlow.rollout(means).last, "rollout") < 1e-5)
    #expect(try own.difference(AttentionFlow.regularised(own.trace), "flow") < 1e-5)
  }

  @Test(arguments: names) func `weighted maps count what each key carries`(name: String) throws {
    let own = try Case(name)
    let head = HeadIndex(layer: own.trace.layers - 1, head: 1)
    for (map, key) in [(WeightedMap.value, "value"), (.norm, "norm")] {
      let rows = map.rows(own.model, own.trace, head, 0..<own.trace.seq)
      #expect(try own.difference(rows, key) < own.tolerance, "\(key)")
    }
  }
}
