import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// What the effect of a knock-out says.
@Suite struct KnockOutTests {
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private func tiny(_ name: String) throws -> Model {
    try Model(Checkpoint.open(Self.repository + "/Tests/ModelsTests/Fixtures/\(name)"))
  }

  private let prompt = Prompt(ids: (0..<30).map { $0 * 37 % 64 })

  @Test func `loss, predictions and maps are those of a run without the head`() throws {
    let model = try tiny("llama-full")
    let head = HeadIndex(layer: 1, head: 2)
    let base = try model.run(prompt, as: Float.self)
    let effect = try KnockOutEffect(without: [head], model: model, base: base, top: 3)
    let whole = try model.run(prompt, as: Float.self, interventions: [.zero(head)])
    let (last, loss) = try Distribution.ofPrompt(model, whole)
    #expect(abs(effect.lossAfter - (loss ?? .nan)) < 1e-6)
    #expect(abs(effect.lossBefore - effect.lossAfter) > 1e-3)
    #expect(effect.lossChange == effect.lossAfter - effect.lossBefore)
    #expect(effect.topAfter == last.top(3))
    #expect(effect.topBefore == (try Distribution.ofPrompt(model, base).last.top(3)))
    // Only the layer after it can have moved.
    #expect(Set(effect.mapChanges.map(\.head)) == Set(model.plan.heads(inLayer: 2)))
    for change in effect.mapChanges {
      let (a, b) = (base.pattern(change.head).elements, whole.pattern(change.head).elements)
      let sum = zip(a, b).map { Double(abs($0 - $1)) }.reduce(0, +)
      #expect(abs(change.share - sum / 60) < 1e-5)
    }
    #expect(effect.mapChanges.map(\.share) == effect.mapChanges.map(\.share).sorted(by: >))
    #expect(effect.mapChanges[0].share > 0)
  }

  @Test func `nothing lies downstream of the last layer, and one token has no loss`() throws {
    let model = try tiny("gpt2-standard")
    let base = try model.run(Prompt(ids: [3]), as: Float.self)
    let effect = try KnockOutEffect(
      without: [HeadIndex(layer: 2, head: 0)], model: model, base: base)
    #expect(effect.mapChanges.isEmpty && effect.lossBefore.isNaN && effect.lossAfter.isNaN)
    #expect(effect.topAfter != effect.topBefore)
  }

  @Test func `a knock-out of no head changes nothing`() throws {
    let model = try tiny("gpt2-standard")
    let base = try model.run(prompt, as: Float.self)
    let effect = try KnockOutEffect(without: [], model: model, base: base)
    #expect(effect.lossChange == 0 && effect.topBefore == effect.topAfter)
  }
}
