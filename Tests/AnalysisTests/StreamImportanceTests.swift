import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// How much an encoder-decoder needs the heads of each of its parts.
@Suite struct StreamImportanceTests {
  private static let parts = [StreamName.encoder, .decoder, .cross]

  private func example() throws -> (Model, Prompt) {
    let folder = KnockOutTests.repository + "/Tests/ModelsTests/Fixtures/encoders/bart"
    var prompt = Prompt(ids: [2, 9, 12, 30, 7, 8, 11])
    prompt.decoder = Prompt(ids: [0, 5, 9, 12, 3]).tokens
    return (try Model(Checkpoint.open(folder + "/model.safetensors")), prompt)
  }

  private func results(
    _ name: String, _ stream: StreamName, _ options: ScoreOptions = ScoreOptions()
  ) throws -> ScoreResult {
    let (model, prompt) = try example()
    let trace = try model.run(prompt, as: Double.self)
    let score = try #require(HeadScores.named(name))
    return try HeadScores.results(
      [score], of: ScoreInput(model, trace, stream: stream, options: options))[0]
  }

  @Test(arguments: parts) func `each measure is of the part's own heads`(stream: StreamName) throws
  {
    let (model, prompt) = try example()
    let base = try model.run(prompt, as: Double.self)
    let head = HeadIndex(layer: 1, head: 1)
    let without = try model.run(prompt, as: Double.self, interventions: [.zero(head)], in: stream)
    func loss(_ trace: Trace<Double>) throws -> Double {
      try model.outcome(of: trace, by: .nextTokenLoss(trace.prompt)).value
    }
    let change = try loss(without) - loss(base)
    #expect(abs(try results("ablation-loss", stream).table[head] - change) < 1e-12)
    // The whole gate's slope is that of one step.
    let gradient = try results("gate-gradient", stream).table[head]
    let step = 1e-4
    func scaled(_ factor: Double) throws -> Double {
      try loss(
        model.run(prompt, as: Double.self, interventions: [.scale(head, by: factor)], in: stream))
    }
    #expect(abs(gradient - (try scaled(1 + step) - scaled(1 - step)) / (2 * step)) < 1e-6)
    for name in [
      "ablation-logit", "ablation-probability", "ablation-accuracy", "ablation-mean", "js",
      "keep-only", "michel", "taylor", "bertology", "moh-routing",
    ] {
      let result = try results(name, stream)
      #expect(result.reason == nil && result.table.values.allSatisfy { $0.isFinite }, "\(name)")
    }
    let effect = try KnockOutEffect(
      without: [head], in: stream, model: model, base: model.run(prompt, as: Float.self))
    #expect(abs(effect.lossChange - change) < 1e-5)
  }

  @Test(arguments: parts)
  func `gates, scales and patches of a part are its own as well`(stream: StreamName) throws {
    var options = ScoreOptions()
    (options.learning.steps, options.learning.rate) = (3, 0.05)
    for name in ["voita", "lofit"] {
      let learned = try results(name, stream, options)
      #expect(learned.reason == nil && learned.table.values.allSatisfy { $0.isFinite }, "\(name)")
    }
    options.corrupt = Prompt(ids: [2, 9, 40, 30, 7, 8, 11])
    options.target = ScoreOptions.Target(id: 9)
    let patched = try results("activation-patching", stream, options)
    let guessed = try results("attribution-patching", stream, options)
    #expect(patched.reason == nil && guessed.reason == nil)
    #expect(patched.table.values.allSatisfy { $0.isFinite })
    // What is read differs, so that every part carries some of it.
    #expect(patched.table.values.contains { abs($0) > 1e-6 })
  }

  @Test(arguments: parts) func `a part is pruned on its own`(stream: StreamName) throws {
    let (model, prompt) = try example()
    let pruning = try Pruning(model, examples: [Example(prompt)], in: stream)
    #expect(try pruning.plan == model.plan(stream, for: prompt))
    for order in [Pruning.Order.by(MichelScore.self), .recomputed(AblationLossScore.self)] {
      let found = try pruning.masks(order, counts: [0, 2])
      let points = try pruning.curve(found.masks, controls: 2)
      let run = try model.run(
        prompt, as: Float.self, interventions: found.masks[1].interventions, in: stream)
      let wanted = try model.outcome(of: run, by: .nextTokenLoss(run.prompt)).value
      #expect(abs(points[1].loss - wanted) < 1e-5 && points[1].random.count == 2)
    }
    #expect(throws: ModelError.noSuchStream(.cross, family: "bert")) {
      let bert = try Model(
        Checkpoint.open(
          KnockOutTests.repository + "/Tests/ModelsTests/Fixtures/encoders/bert/model.safetensors"))
      let objective = Objective.loss([.init(position: 2, id: 12)])
      return try Pruning(
        bert, examples: [Example(Prompt(ids: [5, 9, 12]), objective: objective)], in: .cross)
    }
  }
}
