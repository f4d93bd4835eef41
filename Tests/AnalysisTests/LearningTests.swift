import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Scores that are learned by gradient descent.
@Suite struct LearningTests {
  private func tiny(_ name: String) throws -> Model {
    try Model(
      Checkpoint.open(KnockOutTests.repository + "/Tests/ModelsTests/Fixtures/\(name)"))
  }

  private let prompt = Prompt(ids: (0..<16).map { $0 * 37 % 64 })

  private func options(_ settings: String) -> ScoreOptions {
    var options = ScoreOptions()
    options.objective = .nextTokenLoss(prompt)
    for part in settings.split(separator: ",") {
      let pair = part.split(separator: "=")
      switch pair[0] {
      case "steps": options.learning.steps = Int(pair[1])
      case "penalty": options.learning.penalty = Double(pair[1])
      case "rate": options.learning.rate = Double(pair[1])
      case "seed": options.learning.seed = UInt64(pair[1]) ?? 0
      default: options.learning.length = Int(pair[1]) ?? 0
      }
    }
    return options
  }

  private func learn(
    _ score: any LearnedScore.Type, _ model: Model, _ settings: String,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> HeadTable {
    try score.learn(
      LearningWork(
        model: model, examples: [(prompt, options(settings))], stream: .decoder,
        plan: model.plan, always: []), onProgress: onProgress)
  }

  @Test func `a hard-concrete gate has the published shape`() {
    // Source: SCORES 3.3 of the reference: β = 0.33, (γ, ζ) = (−0.1, 1.1).
    #expect(
      abs(HardConcrete.open(0) - 1 / (1 + Foundation.exp(0.33 * Foundation.log(0.1 / 1.1)))) < 1e-12
    )
    #expect(HardConcrete.gate(-5) == 0 && HardConcrete.gate(5) == 1)
    #expect(abs(HardConcrete.gate(0) - 0.5) < 1e-12)
    let step = 1e-6
    let (a, u) = (0.1, 0.4)
    let difference =
      (HardConcrete.sample(a + step, u).gate - HardConcrete.sample(a - step, u).gate) / (2 * step)
    #expect(abs(HardConcrete.sample(a, u).slope - difference) < 1e-6)
    #expect(HardConcrete.sample(9, 0.9).slope == 0)
  }

  @Test func `Adam's first step is as long as its rate`() {
    var adam = Adam(count: 2)
    var numbers = [1.0, 1.0]
    adam.step(&numbers, gradient: [0.001, -50], rate: 0.1)
    #expect(abs(numbers[0] - 0.9) < 1e-4 && abs(numbers[1] - 1.1) < 1e-6)
  }

  @Test func `learned scales lower the loss, and a heavy penalty keeps them near zero`() throws {
    let model = try tiny("gpt2-standard")
    var learner = try LoFiTScore.learner(
      LearningWork(
        model: model, examples: [(prompt, options("penalty=0,rate=0.01"))], stream: .decoder,
        plan: model.plan, always: []))
    let losses = try (0..<20).map { try learner.step($0) }
    #expect(losses[19] < losses[0] - 0.05)
    let free = learner.table.values.reduce(0, +)
    let held = try learn(LoFiTScore.self, model, "steps=20,rate=0.01,penalty=10").values.reduce(
      0, +)
    #expect(held < free / 2)
  }

  @Test func `gates shut under a heavy penalty and stay open without one`() throws {
    let model = try tiny("llama-grouped")
    let shut = try learn(VoitaScore.self, model, "steps=150,penalty=20,rate=0.1")
    let open = try learn(VoitaScore.self, model, "steps=20,penalty=0")
    #expect(shut.values.reduce(0, +) < 0.5 * open.values.reduce(0, +))
    #expect(open.values.allSatisfy { $0 > 0.5 && $0 <= 1 })
    // The same seed, the same numbers; another one, others.
    #expect(try learn(VoitaScore.self, model, "steps=20,penalty=0") == open)
    #expect(try learn(VoitaScore.self, model, "steps=20,penalty=0,seed=1") != open)
  }

  @Test func `a window suffices where it sees all keys, and its gates are one for a KV head`()
    throws
  {
    let model = try tiny("llama-grouped")
    // Sixteen tokens, sink 4 and window 16: streaming is full attention, and only the penalty pulls.
    let all = try learn(DuoLearnedScore.self, model, "steps=40,length=16")
    #expect(all.values.allSatisfy { $0 < 0.6 })
    for layer in all.rows { #expect(layer[0] == layer[1] && layer[2] == layer[3]) }
    let far = try learn(DuoLearnedScore.self, model, "steps=40,length=48")
    #expect(far.values.reduce(0, +) > all.values.reduce(0, +))
  }

  @Test func `an interruption keeps what was learned, and before the first step it ends the work`()
    throws
  {
    let model = try tiny("gpt2-standard")
    var steps = 0
    let table = try learn(LoFiTScore.self, model, "steps=50") { _ in
      steps += 1
      if steps == 6 { throw CancellationError() }
    }
    #expect(steps == 6)
    #expect(try learn(LoFiTScore.self, model, "steps=5") == table)
    #expect(throws: CancellationError.self) {
      try learn(LoFiTScore.self, model, "steps=50") { _ in throw CancellationError() }
    }
  }
}
