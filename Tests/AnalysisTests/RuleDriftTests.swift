import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// What a rule changes: in one head, and in predictions.
@Suite struct RuleDriftTests {
  private let model: Model
  private let trace: Trace<Double>

  init() throws {
    model = try Model(
      Checkpoint.open(KnockOutTests.repository + "/Tests/ModelsTests/Fixtures/llama-grouped"))
    trace = try model.run(Prompt(ids: (0..<30).map { $0 * 37 % 64 }), as: Double.self)
  }

  private func drifts(_ rule: String, ranks: Bool = false) throws -> [RuleDrift] {
    let heads = model.plan.heads(inLayer: 1)
    let plan = try RulePlan(RuleSpec(parsing: rule), in: heads)
    let ruled = try trace.freezing(model.interventions(plan, on: trace))
    return try RuleDrift.measure(heads, plain: trace, ruled: ruled, ranks: ranks)
  }

  @Test func `a rule that is softmax moves nothing`() throws {
    for drift in try drifts("window:size=30", ranks: true) {
      #expect(abs(drift.keptMass - 1) < 1e-12 && abs(drift.rowSum - 1) < 1e-12)
      #expect(drift.totalVariation < 1e-12 && drift.l1 < 1e-12 && abs(drift.jensenShannon) < 1e-12)
      #expect(drift.outputError < 1e-12 && abs(drift.outputCosine - 1) < 1e-12)
      #expect(drift.density == 1 && drift.kvFraction == 1 && drift.emptyRows == 0)
      #expect(drift.sinkShare == drift.sinkShareBefore)
      #expect(abs(drift.effectiveRank - drift.effectiveRankBefore) < 1e-6)
    }
  }

  @Test func `the measures of a mask are those of its rows`() throws {
    for drift in try drifts("streaming:sink=1,recent=3") {
      let map = trace.pattern(drift.head).elements.map(Double.init)
      var (kept, filled) = (0.0, 0)
      for query in 0..<30 {
        for key in 0...query where key < 1 || key > query - 3 {
          kept += map[query * 30 + key]
          filled += 1
        }
      }
      #expect(abs(drift.keptMass - kept / 30) < 1e-6)
      // What is dropped goes to the rest: half of both changes is the dropped share.
      #expect(abs(drift.totalVariation - (1 - kept / 30)) < 1e-6)
      #expect(abs(drift.l1 - 2 * drift.totalVariation) < 1e-12)
      #expect(drift.jensenShannon > 0 && drift.jensenShannon < 1)
      #expect(abs(drift.density - Double(filled) / 465) < 1e-12)
      #expect(abs(drift.kvFraction - 4.0 / 30) < 1e-12)
      #expect(drift.outputError > 0 && drift.outputCosine < 1)
    }
  }

  @Test func `what decoding keeps is counted for every rule that keeps keys`() throws {
    // Of 30 tokens: 1 + 3 + 1 compensation; own block of 2 after 4 of 7, landmarks and one block; own segment
    // of 6 and three summaries; all, whatever is read of them.
    let kept = [
      "razor:sink=1,local=3,share=0": 5, "landmark:block=7,top=1": 2 + 4 + 7,
      "combiner:segment=8": 6 + 3, "top-k:k=2": 30, "recycled:stride=3": 30, "no-sink": 29,
      "clipped": 30, "fusemax": 30,
    ]
    for (rule, count) in kept {
      let drift = try #require(try drifts(rule).first)
      #expect(abs(drift.kvFraction - Double(count) / 30) < 1e-12, "\(rule)")
    }
  }

  @Test func `what is undefined says so`() throws {
    let card = try RuleSpec("lightning").card
    let drift = try #require(try drifts("lightning").first)
    #expect(drift.totalVariation.isNaN && drift.jensenShannon.isNaN && drift.kvFraction.isNaN)
    #expect(!drift.outputError.isNaN && !drift.l1.isNaN)
    #expect(DriftMeasure.totalVariation.reason(drift, card) == "weights are signed")
    #expect(
      DriftMeasure.kvFraction.reason(drift, card) == "a state in place of keys: a d × d state")
    #expect(DriftMeasure.l1.reason(drift, card) == nil)
    let clipped = try #require(try drifts("clipped:gamma=-0.1").first)
    #expect(clipped.totalVariation.isNaN && clipped.rowSum < 1)
    #expect(
      DriftMeasure.totalVariation.reason(clipped, try RuleSpec("clipped").card)
        == "rows do not all sum to one; see l1 and row-sum")
    #expect(DriftMeasure.totalVariation.mean([drift, clipped]).isNaN)
    let empty = try #require(try drifts("routing").first)
    #expect(empty.emptyRows > 0)
  }

  @Test func `scores follow the rule that is frozen in`() throws {
    let heads = model.plan.allHeads
    let plan = try RulePlan(RuleSpec(parsing: "window:size=1"), in: heads)
    let ruled = try trace.freezing(model.interventions(plan, on: trace))
    let tables = try HeadScores.tables([SelfScore.self], of: ruled)
    #expect(tables[0].values.allSatisfy { abs($0 - 1) < 1e-9 })
  }

  @Test func `eigenvalues and effective ranks of known matrices`() {
    let values = Spectrum.eigenvalues([2, 1, 0, 1, 2, 1, 0, 1, 2], size: 3).sorted()
    for (value, expected) in zip(values, [2 - 2.0.squareRoot(), 2, 2 + 2.0.squareRoot()]) {
      #expect(abs(value - expected) < 1e-12)
    }
    let identity = (0..<16).map { $0 % 5 == 0 ? 1.0 : 0 }
    #expect(abs(Spectrum.effectiveRank(identity, rows: 4, columns: 4) - 4) < 1e-9)
    let same = [Double](repeating: 0.25, count: 16)
    #expect(abs(Spectrum.effectiveRank(same, rows: 4, columns: 4) - 1) < 1e-9)
    #expect(Spectrum.effectiveRank([0, 0, 0, 0], rows: 2, columns: 2).isNaN)
    // A symmetric matrix of size 40: trace and squares are kept.
    let n = 40
    let matrix = (0..<n * n).map { index in
      let (i, j) = (min(index / n, index % n), max(index / n, index % n))
      return sin(Double(i * 7 + j * 13))
    }
    let spectrum = Spectrum.eigenvalues(matrix, size: n)
    let trace = (0..<n).reduce(0) { $0 + matrix[$1 * n + $1] }
    #expect(abs(spectrum.reduce(0, +) - trace) < 1e-9)
    #expect(
      abs(spectrum.reduce(0) { $0 + $1 * $1 } - matrix.reduce(0) { $0 + $1 * $1 }) < 1e-8)
  }

  @Test func `a propagated effect compares losses and predictions`() throws {
    let same = try RuleEffect(model, before: trace, after: trace)
    #expect(same.lossChange == 0 && same.changes.isEmpty && same.divergence < 1e-12)
    let plan = try RulePlan(RuleSpec(parsing: "window:size=1"), in: model.plan.allHeads)
    let rules = try model.interventions(plan, on: trace)
    let run = try model.run(trace.prompt, as: Double.self, interventions: rules)
    let effect = try RuleEffect(model, before: trace, after: run)
    let losses = try (
      Distribution.ofPrompt(model, trace).loss ?? .nan,
      Distribution.ofPrompt(model, run).loss ?? .nan
    )
    #expect(abs(effect.lossBefore - losses.0) < 1e-9 && abs(effect.lossAfter - losses.1) < 1e-9)
    #expect(effect.divergence > 0 && effect.divergences.count == 30)
    #expect(effect.divergences[0] < 1e-12, "the first token sees only itself as it is")
    let first = try #require(effect.changes.first)
    let top = try model.distribution(trace, position: first.position).top(1)[0].id
    let other = try model.distribution(run, position: first.position).top(1)[0].id
    #expect(top == first.before && other == first.after && top != other)
    for position in 0..<first.position {
      let a = try model.distribution(trace, position: position).top(1)[0].id
      #expect(try a == model.distribution(run, position: position).top(1)[0].id)
    }
  }

  @Test func `a fit gives every head its best rule at the budget`() throws {
    let fit = try RuleFit(model, trace, names: RuleBudget.names, budget: 0.25)
    #expect(fit.plan.heads.count == model.plan.allHeads.count)
    for head in model.plan.allHeads {
      let errors = fit.errors.map { $0[head] }
      let best = try #require(fit.candidates.firstIndex { $0 == fit.plan[head] })
      #expect(errors.allSatisfy { $0.isNaN || $0 >= errors[best] })
    }
    let needs = try #require(fit.fullAttention(model.plan))
    #expect(needs.count == model.plan.layers && needs[0].count == model.plan.kvHeads)
    #expect(needs.joined().allSatisfy { (0...1).contains($0) })
    let losses = try fit.losses(model, trace, by: model.naturalObjective(of: trace))
    #expect(losses.count == 1 + RuleBudget.names.count && losses[0].uniform == nil)
    // At the whole budget nothing is lost.
    let whole = try RuleFit(model, trace, names: ["window", "streaming"], budget: 1)
    #expect(whole.errors.allSatisfy { $0.values.allSatisfy { $0 < 1e-9 } })
  }

  @Test func `a budget becomes parameters`() throws {
    func text(_ name: String) throws -> String {
      try RuleBudget.spec(name, share: 0.25, seq: 1000).description
    }
    #expect(try text("streaming") == "streaming:sink=4,recent=246,positions=true")
    #expect(try text("window") == "window:size=250,dilation=1")
    #expect(try text("razor") == "razor:sink=4,local=245,share=0,compensation=counted")
    #expect(try text("s2") == "s2:block=31,local=4,stride=8,offset=0,dense=0")
    #expect(try text("recycled").hasPrefix("recycled:stride=10,k=245,"))
    #expect(throws: RuleError.self) { try RuleBudget.spec("flow", share: 0.25, seq: 100) }
  }
}
