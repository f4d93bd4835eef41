import Checkpoints
import Testing

@testable import Models
@testable import Tensors

@Suite struct BFloat16RunTests {
  @Test(arguments: ["llama-grouped", "gpt2-standard"])
  func `a run with products of bfloat16 numbers stays near single precision`(
    _ name: String
  ) throws {
    let reference = try Reference(name)
    var model = reference.model
    let prompt = try reference.prompt("p17")
    let single: Trace<Float> = try model.run(prompt)
    model.multipliesBFloat16 = true
    let rounded: Trace<Float> = try model.run(prompt)
    let error = try model.precisionError(prompt, against: single)
    // Two factors off by up to 2⁻⁹ each, and sums that average it out; a second block that reads the first.
    #expect(error.residual > 0)
    #expect(error.residual < 0.02)
    #expect(error.pattern > 0)
    #expect(error.pattern < 0.03)
    #expect(error.moved < 0.01)
    #expect(
      single.residuals.last?.maxDifference(to: try #require(rounded.residuals.last)) ?? 0
        <= error.residual * (single.residuals.last?.largest ?? 0) * 1.0001)
  }

  @Test func `a few layers stand for all of a large model`() throws {
    let reference = try Reference("novels")
    let prompt = Prompt(ids: (0..<48).map { ($0 * 37) % 400 })
    let whole = try reference.model.precisionError(prompt)
    let sampled = try reference.model.sampledPrecisionError(prompt)
    #expect(whole.sample == nil)
    // Four of six, spread over the model.
    #expect(sampled.sample == [0, 2, 3, 5])
    // What a layer does alone is no more than what all of them come to, and of its size.
    #expect(sampled.moved > 0 && sampled.moved < 2 * whole.moved)
    #expect(sampled.pattern > 0 && sampled.pattern < 2 * whole.pattern)
    #expect(sampled.residual > whole.residual / 10 && sampled.residual < 10 * whole.residual)
  }

  @Test func `a knock-out of a rounded run starts from it`() throws {
    let reference = try Reference("llama-grouped")
    var model = reference.model
    model.multipliesBFloat16 = true
    let prompt = try reference.prompt("p17")
    let base: Trace<Float> = try model.run(prompt)
    let head = HeadIndex(layer: 1, head: 0)
    let whole: Trace<Float> = try model.run(prompt, interventions: [.zero(head)])
    let reused: Trace<Float> = try model.run(prompt, interventions: [.zero(head)], reusing: base)
    #expect(whole.residuals == reused.residuals)
    try model.forEachBatch(of: [[.zero(head)]], base: base) { _, residual in
      // The same rounded products; only sums may be taken in another order.
      let last = try #require(whole.residuals.last)
      #expect(residual.maxDifference(to: last) < 1e-4 * last.largest)
    }
  }

  @Test func `the first tokens of a text are a prompt of their own`() {
    let prompt = Prompt(ids: [3, 1, 4, 1, 5])
    #expect(prompt.prefix(2).ids == [3, 1])
    #expect(prompt.prefix(9) == prompt)
  }

  @Test func `small models and single-precision weights run in single precision`() throws {
    #expect(try !Reference("llama-grouped").model.prefersBFloat16)
  }
}
