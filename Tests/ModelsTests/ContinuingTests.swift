import Foundation
import Tensors
import Testing

@testable import Models

/// Runs that go on from earlier ones.
@Suite struct ContinuingTests {
  /// Learned, rotary, ALiBi and bucketed positions, grouped heads, sliding windows, and an encoder, which is run
  /// anew.
  @Test(arguments: [
    "gpt2-standard", "llama-grouped", "families/bloom", "families/gemma2",
    "families/mistral-window",
    "families/mixtral",
  ])
  func `a run that goes on is the run of all tokens`(name: String) throws {
    let model = try Self.model(name)
    let ids = (0..<17).map { ($0 * 7 + 3) % min(60, model.plan.vocabularySize) }
    let whole = try model.run(Prompt(ids: ids), as: Double.self)
    var trace = try model.run(Prompt(ids: Array(ids[..<9])), as: Double.self)
    trace = try model.run(continuing: trace, with: Prompt(ids: Array(ids[9..<12])).tokens)
    for id in ids[12...] {
      trace = try model.run(continuing: trace, with: Prompt(ids: [id]).tokens)
    }
    #expect(trace.prompt.ids == ids)
    for (a, b) in zip(trace.residuals, whole.residuals) {
      // Products of fewer rows may add in another order.
      #expect(zip(a.elements, b.elements).allSatisfy { abs($0 - $1) < 1e-10 * (1 + abs($1)) })
    }
    for head in model.plan.allHeads {
      let (a, b) = (
        trace.exactPattern(head, rows: 0..<17, columns: 0..<17),
        whole.exactPattern(head, rows: 0..<17, columns: 0..<17)
      )
      #expect(zip(a.elements, b.elements).allSatisfy { abs($0 - $1) < 1e-12 }, "\(head)")
    }
  }

  @Test func `a run that was changed, and a model that sees both ways, are run anew`() throws {
    let model = try Self.model("llama-grouped")
    let first = try model.run(
      Prompt(ids: [3, 5, 7]), as: Double.self,
      interventions: [.zero(HeadIndex(layer: 0, head: 0))])
    let next = try model.run(continuing: first, with: Prompt(ids: [9]).tokens)
    let plain = try model.run(Prompt(ids: [3, 5, 7, 9]), as: Double.self)
    #expect(next.residuals.last == plain.residuals.last)
    #expect(throws: ModelError.self) {
      try model.run(continuing: plain, with: Prompt(ids: [1_000_000]).tokens)
    }
  }

  private static func model(_ name: String) throws -> Model { try Reference(name).model }
}
